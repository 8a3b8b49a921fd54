// SPDX-License-Identifier: Apache-2.0
#include "tables/missing_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/cell.h"

namespace selfnorm {
namespace {

const std::vector<std::string>& usual_words() {
  static const std::vector<std::string> words = {"NA", "N/A", "NaN", "null", "None", "?", "-", "."};
  return words;
}

bool has_word(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::any_of(
      words, [&](const std::string& each) { return to_lower(each) == to_lower(word); });
}

// Returns the words that are not among others, in any case.
std::vector<std::string> without(std::vector<std::string> words,
                                 const std::vector<std::string>& others) {
  std::erase_if(words, [&](const std::string& word) { return has_word(others, word); });
  return words;
}

}  // namespace

std::vector<std::string> missing_words(const DataOptions& options) {
  for (const std::string& word : without(options.not_missing, usual_words())) {
    throw_data_error(
        fmt::format("`not_missing` lists {}, but only these words are missing by default: {}",
                    quote_for_message(word), join(usual_words(), ", ")));
  }
  std::vector<std::string> words = without(usual_words(), options.not_missing);
  std::ranges::copy(without(options.missing, words), std::back_inserter(words));
  return words;
}

void set_missing_words(const std::vector<std::string>& words, DataOptions& options) {
  options.missing = without(words, usual_words());
  options.not_missing = without(usual_words(), words);
}

MissingWords::MissingWords(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    words_.push_back(to_lower(word));
    longest_ = std::max(longest_, word.size());
    if (const auto number = parse_number(word)) numbers_.push_back(*number);
  }
}

bool MissingWords::contains(std::string_view cell) const {
  if (cell.empty() || (cell.size() <= longest_ && is_listed(words_, to_lower(cell)))) return true;
  const auto number = numbers_.empty() ? std::nullopt : parse_number(cell);
  return number && std::ranges::count(numbers_, *number) > 0;
}

}  // namespace selfnorm
