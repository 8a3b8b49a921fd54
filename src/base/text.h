// SPDX-License-Identifier: Apache-2.0
// Small text helpers that error messages and tables share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

/// The candidate with the smallest edit distance to `word`, or "" when none is near enough to be
/// what the user meant (more than a third of its letters, and more than two, differ).
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean 'selu'?)", or a list of what there is when nothing is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// Whether the text is digits and nothing else, as the name of a column without a header is.
bool is_index(std::string_view text);

/// The text with A–Z as a–z and all other bytes as they are.
std::string lower(std::string_view text);

/// Whether the bytes are UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// The number as so many significant digits write it.
double rounded(double value, int digits = 4);

/// "12,345".
std::string grouped(std::int64_t number);

/// The words joined by `separator`.
std::string join(const std::vector<std::string>& words, std::string_view separator);

/// The words between the separators.
std::vector<std::string> split_words(std::string_view text, char separator);

/// The text in single quotes, as one word of a shell command.
std::string shell_quoted(std::string_view text);

}  // namespace selfnorm
