// SPDX-License-Identifier: Apache-2.0
// The text of a table cell as a number or a time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns the text without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

/// Parses the whole cell as a decimal number, possibly with an exponent. A number that begins with
/// a superfluous zero, as 007, is not one, since it may be a code. Returns infinity for a number
/// too large for a double, and 0 for one too small.
std::optional<double> parse_number(std::string_view cell);

/// A number, and whether it is certainly written in its shortest form, as fmt writes it.
struct WrittenNumber {
  double value = 0;
  bool is_shortest = false;
};

/// Parses a cell like `parse_number`.
std::optional<WrittenNumber> read_number(std::string_view cell);

/// What may be before or after a number in the formats other than `plain`.
inline constexpr std::string_view kCurrencySigns[] = {"US$", "$",   "€",   "£",   "¥",
                                                      "₹",   "EUR", "USD", "GBP", "CHF"};

/// Returns the truth value of true, false, yes, no, 1, 0, or of the first letter of such a word, in
/// any case.
std::optional<bool> truth_value(std::string_view word);

/// Returns whether two words are truth values, one of them true. A letter only fits the other one
/// of its pair: t and f, or y and n.
bool are_truth_values(std::string_view first, std::string_view second);

/// How the cells of a column are written.
enum class CellFormat {
  plain,          ///< 1234.5
  decimal_comma,  ///< 1.234,5
  thousands,      ///< 1,234.5
  zero_padded,    ///< 0012
  iso_time,       ///< 2019-03-23 20:21:09, 2019/03/23, 2019-03-23T20:21Z
  day_month,      ///< 23.3.2019, 23/03/2019 20:21, 23.03.19
  month_day,      ///< 03/23/2019 8:21 PM, 03/23/19
  month_name,     ///< 23-Mar-2019, March 23, 2019 20:21
  compact_date,   ///< 20190323
};
inline constexpr CellFormat kTimeFormats[] = {CellFormat::iso_time, CellFormat::month_day,
                                              CellFormat::day_month, CellFormat::month_name,
                                              CellFormat::compact_date};
/// Those that cannot be numbers.
inline constexpr std::span kClearTimeFormats(kTimeFormats, 4);
constexpr bool is_time(CellFormat format) { return format >= CellFormat::iso_time; }

/// Returns the name of a format in model files, and the format with this name.
const char* format_name(CellFormat format);
std::optional<CellFormat> format_named(std::string_view name);

/// Returns a cell in this format.
const char* format_example(CellFormat format);

inline constexpr double kSecondsPerDay = 86400;

/// Parses a cell in this format: a number, or the seconds since 1970-01-01 00:00 of a time. The
/// number formats other than `plain` also accept a currency sign before or after the number, a
/// percent sign after it, which has no effect on the number, and blanks or apostrophes between
/// groups of digits.
std::optional<double> parse_cell(std::string_view cell, CellFormat format);

}  // namespace selfnorm
