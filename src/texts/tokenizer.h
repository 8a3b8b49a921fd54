// SPDX-License-Identifier: Apache-2.0
// Splits texts into tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

/// Writes the tokens of a text to `words`, in order. A token is a maximal run of a–z, 0–9, _ and
/// bytes from 0x80 on (letters outside ASCII), after lowercasing A–Z. Every other byte above 0x20,
/// except 0x7f, is a token by itself. All other bytes separate tokens.
void tokenize(std::string_view text, std::vector<std::string>& words);

}  // namespace selfnorm
