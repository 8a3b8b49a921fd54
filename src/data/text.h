// SPDX-License-Identifier: Apache-2.0
// Texts with labels as token ids.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Throws Error(data) if text options are given without texts, or an input reads a column that is
/// not text.
void check_texts(const DataOptions& options);

/// Reads the columns `text` of a file (data/text_rows.h) into a field each, of its token
/// ids (data/tokens.h) in Dataset::words, padded to the longest text or truncated to `max_words`.
/// Fields are called as `inputs` says, else as their columns. Uses `target`, `labels`, `min_count`,
/// `skip_bad`, `limit` and how tables are read of the options. A row without a label (empty, or
/// '-') is left out and counted. Error(data) names file and line of a row that cannot be read, of a
/// text that is not UTF-8 or has no words, of a label that is not among `labels`; with `skip_bad`
/// such rows are left out and counted. Memory is bounded by the distinct words and the padded
/// numbers.
Dataset read_texts(const std::filesystem::path& path, const DataOptions& options);

/// Converts texts to the token ids of another vocabulary, unknown tokens included, and pads or
/// truncates them to this length.
void renumber(Field& field, const std::vector<std::string>& words,
              const std::vector<std::string>& into, std::int64_t steps);

}  // namespace selfnorm
