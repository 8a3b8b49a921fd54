// SPDX-License-Identifier: Apache-2.0
// Reads rows of texts with a label from three kinds of files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// The texts of a row, in the order of DataOptions::text, and its label if there is a target.
/// `fault` says what is wrong if the line does not contain such a row.
struct TextRow {
  std::int64_t line = 0;
  std::vector<std::string> texts;
  std::optional<std::string> label;
  std::string fault;
};

/// The columns of a file other than its texts.
struct TextColumns {
  /// The option `target`, else the first of gold_label, label, target and class that is a column,
  /// else "". It is also "" if `read_targets` is false.
  std::string target;
  std::vector<std::string> unread;  ///< of JSON lines: of the first object
};

/// Receives a row. Returns false to stop.
using TextRowCallback = std::function<bool(const TextRow& row)>;

/// Calls a function for each row of a plain or compressed file. Empty lines are skipped. In JSON
/// lines, the columns are members of each object. In a table, the columns are found by their names
/// in the header, or by index from 0 without a header. Cells separated by tabs are taken literally,
/// including quotes. Cells separated by commas or semicolons may be quoted. Throws Error(data) for
/// a column that does not exist.
TextColumns read_text_rows(const std::filesystem::path& path, const DataOptions& options,
                           const TextRowCallback& callback);

}  // namespace selfnorm
