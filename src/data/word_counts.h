// SPDX-License-Identifier: Apache-2.0
// Words as numbers while texts are read, and as a vocabulary once all are.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace selfnorm {

inline constexpr std::int32_t kPadding = 0;      ///< where a text has no more words
inline constexpr std::int32_t kUnknownWord = 1;  ///< a word that is not in the vocabulary
inline constexpr std::int32_t kFirstWord = 2;

/// Numbers words in the order in which they come, and counts them.
class WordCounts {
 public:
  std::int32_t count(const std::string& word);

  /// The vocabulary: at its number each word that came at least so often, the most frequent first
  /// and those as frequent in the order of their bytes; "" for padding and unknown words.
  struct Vocabulary {
    std::vector<std::string> words;
    std::vector<std::int32_t> numbers;  ///< in it, by the number that `count` gave
  };
  Vocabulary vocabulary(std::int64_t min_count) const;

 private:
  std::unordered_map<std::string, std::int32_t> numbers_;
  std::vector<std::int64_t> counts_;
};

/// For each number in one vocabulary, that of the same word in another.
std::vector<std::int32_t> translated(const std::vector<std::string>& words,
                                     const std::vector<std::string>& into);

}  // namespace selfnorm
