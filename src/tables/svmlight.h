// SPDX-License-Identifier: Apache-2.0
// Reads the format of LIBSVM and SVMlight: a label, then the features that are not 0.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// A row "label qid:4 1:0.5 7:2 # comment". `fault` says what is wrong with it.
struct SparseRow {
  std::string_view label;  ///< empty if the row begins with a feature
  bool has_group = false;  ///< qid, the group of a ranking
  std::vector<std::pair<std::int64_t, std::string_view>> features;  ///< by ascending index
  std::string fault;
};

/// Parses a line, which must outlive the row. An empty line is a row without a label and features.
void parse_sparse_row(std::string_view line, SparseRow& row);

/// Reads a file into one field "features" and the targets, its labels. The columns are named by
/// their indices in the file, and absent features are 0. New rows for a model may have fewer
/// columns. Columns that the model does not know are ignored, with a note. Throws Error(data) with
/// file and line for several labels in a row, for features that are not in ascending order, and for
/// a table that is too large (`check_table_size`).
Dataset read_svmlight(const std::filesystem::path& path, const DataOptions& options);

}  // namespace selfnorm
