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

/// A row's texts, in the order of DataOptions::text, and its label where there is a target; `fault`
/// says what is wrong where a line holds no such row.
struct TextRow {
  std::int64_t line = 0;
  std::vector<std::string> texts;
  std::optional<std::string> label;
  std::string fault;
};

/// Returns false to stop.
using TextRowTaker = std::function<bool(const TextRow& row)>;

/// Hands over the rows of a file, gzip or not, one by one. Of JSON lines (.jsonl, .ndjson) the
/// members of each object that are called as the columns; of a table the columns by the names of
/// its header, without one by number from 0, where tabs separate cells that are taken as they stand
/// (quotes too), and commas or semicolons cells that may be quoted. Empty lines are left out. Gives
/// the name of the target: the option's, else gold_label, label, target or class where there is
/// such a column; none without read_targets. Error(data) names a column that is not there.
std::string read_text_rows(const std::filesystem::path& path, const DataOptions& options,
                           const TextRowTaker& take);

/// Whether a file's name says that it holds JSON lines.
bool holds_json_lines(const std::filesystem::path& path);

}  // namespace selfnorm
