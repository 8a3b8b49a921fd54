// SPDX-License-Identifier: Apache-2.0
// Counts tokens while texts are read, and builds the vocabulary from the counts.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace selfnorm {

inline constexpr std::int32_t kPadding = 0;      ///< id after the end of a text
inline constexpr std::int32_t kUnknownWord = 1;  ///< id of a token that is not in the vocabulary
inline constexpr std::int32_t kFirstWord = 2;

/// Assigns ids to tokens in order of appearance, and counts them.
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

/// The id in another vocabulary for each id of one.
std::vector<std::int32_t> translated(const std::vector<std::string>& words,
                                     const std::vector<std::string>& into);

}  // namespace selfnorm
