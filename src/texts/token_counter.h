// SPDX-License-Identifier: Apache-2.0
// Counts tokens while texts are read, and builds the vocabulary from the counts.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace selfnorm {

inline constexpr std::int32_t kPadding = 0;       ///< token id after the end of a text
inline constexpr std::int32_t kUnknownToken = 1;  ///< token id of an unknown word
inline constexpr std::int32_t kFirstToken = 2;

/// Numbers tokens in order of appearance, and counts them.
class TokenCounter {
 public:
  /// Counts one occurrence and returns the number of the token.
  std::int32_t count(const std::string& token);

  /// The tokens that occur at least `min_count` times, by token id. The most frequent token is
  /// first. Tokens with equal counts are in byte order. Padding and the unknown token are "".
  struct Vocabulary {
    std::vector<std::string> tokens;
    std::vector<std::int32_t> ids;  ///< token ids, by the number that `count` returned
  };
  Vocabulary vocabulary(std::int64_t min_count) const;

 private:
  std::unordered_map<std::string, std::int32_t> numbers_;
  std::vector<std::int64_t> counts_;
};

/// Returns, for each token id of the vocabulary `from`, the id of the same token in `into`.
std::vector<std::int32_t> map_token_ids(const std::vector<std::string>& from,
                                        const std::vector<std::string>& into);

}  // namespace selfnorm
