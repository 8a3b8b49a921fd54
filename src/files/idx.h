// SPDX-License-Identifier: Apache-2.0
// IDX, the file format of MNIST: two zero bytes, a type, the number of extents, the extents, and
// the numbers, all big-endian (LeCun, http://yann.lecun.com/exdb/mnist/).
#pragma once

#include <filesystem>

#include "files/array.h"

namespace selfnorm {

/// Reads a plain or gzip IDX file of u8, i8, i16, i32, f32 or f64. Throws Error(data) for anything
/// else.
NumberArray read_idx(const std::filesystem::path& path);

}  // namespace selfnorm
