// SPDX-License-Identifier: Apache-2.0
// Text helpers for error messages and tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

/// Returns the candidate with the smallest edit distance to `word`, or "" if that distance is above
/// two and above a third of the length of `word`.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// Returns " (did you mean 'selu'?)", or a list of all candidates if none is near enough.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// Whether the text consists of digits only, like the column names of a table without a header.
bool is_all_digits(std::string_view text);

/// Returns the text with A–Z converted to a–z and all other bytes unchanged.
std::string to_lower(std::string_view text);

/// Whether the bytes are valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// Rounds a number to `digits` significant digits.
double round_to_digits(double value, int digits = 4);

/// Formats a duration: "123 µs", "4.5 ms", "1.23 s", "2 min 03 s", "1 h 05 min".
std::string format_duration(double seconds);

/// Parses a duration such as "500ms", "60s", "1.5m", "10min" or "2h", in seconds. Returns nothing
/// for other text, such as a number without a unit.
std::optional<double> parse_duration(std::string_view text);

/// Formats a number with thousands separators: "12,345".
std::string group_digits(std::int64_t number);

/// Joins the words with `separator`.
std::string join(const std::vector<std::string>& words, std::string_view separator);

/// Returns a fraction as "62 %" or "0.22 %", with at least two digits.
std::string percent_text(double fraction);

/// Returns whether the list has the name.
bool is_listed(const std::vector<std::string>& names, std::string_view name);

/// Returns the nonempty words between the separators.
std::vector<std::string> split_words(std::string_view text, char separator);

/// Returns the text with control characters other than line breaks and tabs as "\u001b", so that a
/// terminal shows them and does not obey them.
std::string escape_control_characters(std::string_view text);

/// Returns the text in single quotes, as one word of a shell command.
std::string quote_for_shell(std::string_view text);

/// Returns `text` with every `from`, which must not be empty, replaced by `to`.
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// Returns `name` with as few '_' added at its end as make is_used(name) false.
template <class IsUsed>
std::string unused_name(std::string name, const IsUsed& is_used) {
  while (is_used(name)) name += '_';
  return name;
}

}  // namespace selfnorm
