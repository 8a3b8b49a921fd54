// SPDX-License-Identifier: Apache-2.0
// Reads texts with labels as token ids.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Throws Error(data) if text options are given without columns of text, or if an input reads a
/// column that is not text.
void check_texts(const DataOptions& options);

/// Reads the columns `text` of a file (texts/text_rows.h) into one field each. A field contains
/// token ids (texts/tokenizer.h) of the vocabulary Dataset::vocabulary. Texts are padded to the
/// longest one or, if `max_words` is set, padded or truncated to that number of tokens. The name of
/// a field is its name in `inputs`, else the name of its column. Also uses the options `target`,
/// `task`, `labels`, `min_count`, `skip_bad`, `limit`, and those for tables. A row without a label
/// (empty, or '-') is left out and counted. Throws Error(data) with file and line for a row that
/// cannot be read, for a text that is not UTF-8 or has no words, and for a label that is not in
/// `labels`. With `skip_bad`, such rows are skipped and counted. Memory use is bounded by the
/// distinct words and the padded ids.
Dataset read_texts(const std::filesystem::path& path, const DataOptions& options);

/// Converts token ids of the vocabulary `from` to those of the vocabulary `into`, with the id of
/// unknown tokens for tokens that it does not have. Pads or truncates the texts to `steps` tokens.
void convert_token_ids(Field& field, const std::vector<std::string>& from,
                       const std::vector<std::string>& into, std::int64_t steps);

}  // namespace selfnorm
