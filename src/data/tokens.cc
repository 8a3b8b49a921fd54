#include "data/tokens.h"

#include <algorithm>

namespace selfnorm {
namespace {

char lower(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const char small = lower(c);
  return byte >= 0x80 || (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool separates(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

}  // namespace

void split_into_words(std::string_view text, std::vector<std::string>& words) {
  words.clear();
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end == i && !separates(text[i])) ++end;
    if (end > i) {
      std::string& word = words.emplace_back(text.substr(i, end - i));
      std::ranges::transform(word, word.begin(), lower);
    }
    i = std::max(end, i + 1);
  }
}

}  // namespace selfnorm
