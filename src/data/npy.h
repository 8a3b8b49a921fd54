// SPDX-License-Identifier: Apache-2.0
// NPY, NumPy's file of one array, versions 1 to 3 (NumPy Enhancement Proposal 1).
#pragma once

#include <filesystem>

#include "data/array.h"

namespace selfnorm {

/// Reads an NPY file, gzip or not, of bools, whole numbers (1, 2, 4, 8 bytes) or floats (2, 4, 8
/// bytes) of either byte order. Fortran order is brought into row-major order. Error(data) on
/// anything else: objects, text, records, complex numbers, a single number without rows.
NumberArray read_npy(const std::filesystem::path& path);

}  // namespace selfnorm
