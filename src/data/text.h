// SPDX-License-Identifier: Apache-2.0
// Texts with labels as numbers of words.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Error(data) where options of texts are given without any, or an input reads what is none.
void check_texts(const DataOptions& options);

/// Reads the columns `text` of a file (data/text_rows.h) into a field each, of the numbers of its
/// words (data/tokens.h) in Dataset::words, padded to the longest text or cut after `max_words`.
/// Fields are called as `inputs` says, else as their columns. Uses `target`, `labels`, `min_count`,
/// `skip_bad`, `limit` and how tables are read of the options. A row without a label (empty, or
/// '-') is left out and counted. Error(data) names file and line of a row that cannot be read, of a
/// text that is not UTF-8 or has no words, of a label that is not among `labels`; with `skip_bad`
/// such rows are left out and counted. Memory is bounded by the distinct words and the padded
/// numbers.
Dataset read_texts(const std::filesystem::path& path, const DataOptions& options);

/// Gives texts the numbers of a vocabulary, words that it has not the unknown one's, and so many
/// words, padded or cut.
void renumber(Field& field, const std::vector<std::string>& words,
              const std::vector<std::string>& into, std::int64_t steps);

}  // namespace selfnorm
