// SPDX-License-Identifier: Apache-2.0
#include "texts/tokenizer.h"

#include <algorithm>

#include "base/text.h"

namespace selfnorm {
namespace {

bool is_within(char c, char first, char last) { return c >= first && c <= last; }

bool is_letter(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || is_within(c, 'a', 'z') ||
         is_within(c, 'A', 'Z') || is_within(c, '0', '9') || c == '_';
}

bool separates(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

}  // namespace

void tokenize(std::string_view text, std::vector<std::string>& words) {
  words.clear();
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end == i && !separates(text[i])) ++end;
    if (end > i) words.push_back(to_lower(text.substr(i, end - i)));
    i = std::max(end, i + 1);
  }
}

}  // namespace selfnorm
