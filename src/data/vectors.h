// SPDX-License-Identifier: Apache-2.0
// Reads word vectors in the text format of GloVe, word2vec and fastText.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfnorm {

/// The vectors of a vocabulary in order. Tokens without a vector have zeros.
struct WordVectors {
  std::vector<float> table;  ///< tokens × dimension
  std::vector<bool> found;   ///< by token id
  std::int64_t skipped = 0;  ///< number of unreadable lines, skipped
};

/// Reads a file, gzip or not, of a line for each word: the word, then so many numbers, with spaces
/// between; a first line of two whole numbers (how many, of which length) is left out. A word is
/// looked for as it stands, then with A–Z as a–z, of several such spellings the first; vectors of
/// other words are not kept. Error(data) names the line of a vector of another length, or of what
/// is no finite number in one that is kept; with `skip_bad` such lines are left out and counted.
WordVectors read_vectors(const std::filesystem::path& path, const std::vector<std::string>& words,
                         std::int64_t dimension, bool skip_bad = false);

}  // namespace selfnorm
