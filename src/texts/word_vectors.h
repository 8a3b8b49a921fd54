// SPDX-License-Identifier: Apache-2.0
// Reads word vectors in the text format of GloVe, word2vec and fastText.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfnorm {

/// The vectors of a vocabulary, by token id. Tokens without a vector have zeros.
struct WordVectors {
  std::vector<float> table;  ///< tokens × dimension
  std::vector<bool> found;   ///< by token id
  std::int64_t skipped = 0;  ///< number of unreadable lines, skipped
};

/// Reads a plain or gzip file with one word per line, followed by `dimension` numbers, separated by
/// spaces. A first line of two whole numbers (the count and the dimension of the vectors) is
/// skipped. A word of the file is looked up as it is written, then in lower case (A–Z only). An
/// exact spelling takes precedence over others, and of several others the first is used. Vectors of
/// words that are not in `vocabulary` are skipped. Throws Error(data) with the line of a vector of
/// another length, and of a number that is not finite in a vector that is used. With `skip_bad`,
/// such lines are skipped and counted.
WordVectors read_vectors(const std::filesystem::path& path,
                         const std::vector<std::string>& vocabulary, std::int64_t dimension,
                         bool skip_bad = false);

}  // namespace selfnorm
