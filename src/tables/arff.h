// SPDX-License-Identifier: Apache-2.0
// Reads ARFF, the format of Weka and OpenML.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Reads an ARFF file into one field "features" and the targets, as `read_csv` does with a table
/// that has a header. Nominal attributes are categories, also if their values are numbers, and
/// dates are times. In a sparse row, an absent number is 0, and an absent nominal value is the
/// first one. Throws Error(data) with file and line for a value that the attribute does not have,
/// for relational attributes, and for weights of rows.
Dataset read_arff(const std::filesystem::path& path, const DataOptions& options);

}  // namespace selfnorm
