// SPDX-License-Identifier: Apache-2.0
// Vectors of words from text files, as GloVe, word2vec and fastText write them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfnorm {

/// The vectors of a vocabulary's words, one behind the other; those that have none are 0.
struct WordVectors {
  std::vector<float> table;  ///< words × dimension
  std::vector<bool> found;   ///< by word
  std::int64_t skipped = 0;  ///< bad lines that were left out
};

/// Reads a file, gzip or not, of a line for each word: the word, then so many numbers, with spaces
/// between; a first line of two whole numbers (how many, of which length) is left out. A word is
/// looked for as it stands, then with A–Z as a–z, of several such spellings the first; vectors of
/// other words are not kept. Error(data) names the line of a vector of another length, or of what
/// is no finite number in one that is kept; with `skip_bad` such lines are left out and counted.
WordVectors read_vectors(const std::filesystem::path& path, const std::vector<std::string>& words,
                         std::int64_t dimension, bool skip_bad = false);

}  // namespace selfnorm
