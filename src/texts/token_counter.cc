// SPDX-License-Identifier: Apache-2.0
#include "texts/token_counter.h"

#include <algorithm>
#include <string_view>

namespace selfnorm {

std::int32_t TokenCounter::count(const std::string& word) {
  const auto [found, is_new] =
      numbers_.try_emplace(word, static_cast<std::int32_t>(counts_.size()));
  if (is_new) counts_.push_back(0);
  ++counts_[static_cast<std::size_t>(found->second)];
  return found->second;
}

TokenCounter::Vocabulary TokenCounter::vocabulary(std::int64_t min_count) const {
  struct Counted {
    std::string_view word;
    std::int64_t count;
    std::int32_t number;
  };
  std::vector<Counted> kept;
  for (const auto& [word, number] : numbers_) {
    const std::int64_t count = counts_[static_cast<std::size_t>(number)];
    if (count >= min_count) kept.push_back({word, count, number});
  }
  std::ranges::sort(kept, [](const Counted& a, const Counted& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  Vocabulary vocabulary{std::vector<std::string>(kFirstToken),
                        std::vector<std::int32_t>(counts_.size(), kUnknownToken)};
  for (const Counted& word : kept) {
    vocabulary.ids[static_cast<std::size_t>(word.number)] =
        static_cast<std::int32_t>(vocabulary.tokens.size());
    vocabulary.tokens.emplace_back(word.word);
  }
  return vocabulary;
}

std::vector<std::int32_t> map_token_ids(const std::vector<std::string>& from,
                                        const std::vector<std::string>& into) {
  std::unordered_map<std::string_view, std::int32_t> numbers;
  for (std::size_t i = kFirstToken; i < into.size(); ++i) {
    numbers.emplace(into[i], static_cast<std::int32_t>(i));
  }
  std::vector<std::int32_t> list(from.size(), kUnknownToken);
  if (!list.empty()) list[kPadding] = kPadding;
  for (std::size_t i = kFirstToken; i < from.size(); ++i) {
    const auto found = numbers.find(from[i]);
    if (found != numbers.end()) list[i] = found->second;
  }
  return list;
}

}  // namespace selfnorm
