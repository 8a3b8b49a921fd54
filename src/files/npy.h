// SPDX-License-Identifier: Apache-2.0
// NPY, NumPy's file format for one array, versions 1 to 3 (NumPy Enhancement Proposal 1).
#pragma once

#include <filesystem>

#include "files/array.h"

namespace selfnorm {

/// Reads a plain or gzip NPY file of bools, integers (1, 2, 4, 8 bytes) or floats (2, 4, 8 bytes)
/// in either byte order. Fortran order is converted to row-major order. Throws Error(data) for
/// anything else: objects, text, records, complex numbers, or a single number without rows.
NumberArray read_npy(const std::filesystem::path& path);

}  // namespace selfnorm
