// SPDX-License-Identifier: Apache-2.0
// Texts as words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

/// Puts the words of a text into `words`, in order. A word is as many bytes as follow each other of
/// a–z, 0–9, _ and those from 0x80 on (letters outside ASCII), A–Z taken as a–z; every other byte
/// above 0x20 but 0x7f is a word by itself, and the rest separate words.
void split_into_words(std::string_view text, std::vector<std::string>& words);

}  // namespace selfnorm
