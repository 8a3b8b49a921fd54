// SPDX-License-Identifier: Apache-2.0
#include "tables/cell.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tables/time_cell.h"

namespace selfnorm {
namespace {

constexpr std::pair<CellFormat, const char*> kNames[] = {
    {CellFormat::plain, "plain"},
    {CellFormat::decimal_comma, "decimal comma"},
    {CellFormat::thousands, "thousands"},
    {CellFormat::zero_padded, "zero-padded"},
    {CellFormat::iso_time, "year-month-day"},
    {CellFormat::day_month, "day/month/year"},
    {CellFormat::month_day, "month/day/year"},
    {CellFormat::month_name, "month name"},
    {CellFormat::compact_date, "yearmonthday"}};

// A currency sign at one end, and what is left of the cell.
struct Signs {
  std::string_view number;
  bool has_currency = false;
};

// Takes spaces and one currency sign off either end, or a percent sign off the end.
Signs without_signs(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.ends_with('%')) return {trimmed(cell.substr(0, cell.size() - 1))};
  for (const std::string_view sign : kCurrencySigns) {
    if (cell.starts_with(sign)) return {trimmed(cell.substr(sign.size())), true};
    if (cell.ends_with(sign)) return {trimmed(cell.substr(0, cell.size() - sign.size())), true};
  }
  return {cell};
}

// Returns whether groups of these sizes divide a number: three digits each after the first, or, as
// in India, two digits each and three in the last.
bool are_groups(const std::vector<std::size_t>& sizes) {
  if (sizes.size() == 1) return true;
  const std::size_t middle = sizes.size() > 2 ? sizes[1] : 3;
  const bool are_equal = std::all_of(sizes.begin() + 1, sizes.end() - 1,
                                     [&](std::size_t size) { return size == middle; });
  return are_equal && sizes.back() == 3 && (middle == 2 || middle == 3) && sizes[0] >= 1 &&
         sizes[0] <= middle;
}

// Returns the number as `parse_number` expects it, or "" if the digits before the decimal sign are
// not in groups.
std::string without_groups(std::string_view cell, char group, char decimal) {
  std::string plain;
  const std::size_t point = std::min(cell.find(decimal), cell.size());
  std::vector<std::size_t> sizes = {0};
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (i < point && cell[i] == group) {
      sizes.push_back(0);
      continue;
    }
    plain += i == point ? '.' : cell[i];
    if (i < point && is_digit(cell[i])) ++sizes.back();
  }
  return are_groups(sizes) ? plain : "";
}

// Replaces each space that does not break a line, and each apostrophe, by a blank.
std::string with_blanks(std::string_view cell) {
  std::string text(cell);
  for (const std::string_view space :
       {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x99", "'"})
    for (std::size_t at; (at = text.find(space)) != text.npos;) text.replace(at, space.size(), " ");
  return text;
}

// Returns whether a text is an address of the Internet, as 192.168.100.101: four numbers below 256.
bool is_address(std::string_view text) {
  constexpr double kLargest = 255;
  int parts = 0;
  while (true) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const auto number = parse_number(text.substr(0, end));
    if (!number || *number > kLargest) return false;
    ++parts;
    if (end == text.size()) return parts == 4;
    text.remove_prefix(end + 1);
  }
}

// Parses a number whose groups of digits have the sign `group`, blanks or apostrophes between them.
// A minus or parentheses may be before a currency sign.
std::optional<double> parse_grouped(std::string_view cell, char group, char decimal) {
  constexpr std::size_t kLongest = 64;  // a longer cell is text
  cell = trimmed(cell);
  if (cell.size() > kLongest) return std::nullopt;
  const bool is_in_parentheses = cell.starts_with('(') && cell.ends_with(')') && cell.size() > 2;
  constexpr std::string_view kMinus = "\xE2\x88\x92";  // U+2212
  const bool has_minus_sign = cell.starts_with(kMinus);
  const bool is_negative = cell.starts_with('-') || has_minus_sign;
  if (is_in_parentheses) cell = cell.substr(1, cell.size() - 2);
  if (is_negative) cell.remove_prefix(has_minus_sign ? kMinus.size() : 1);
  const auto [number, has_currency] = without_signs(cell);
  const bool has_two_signs = (is_in_parentheses || is_negative) && number.starts_with('-');
  if ((is_in_parentheses && !has_currency) || has_two_signs) return std::nullopt;
  if (group == '.' && is_address(number)) return std::nullopt;
  const std::string blank = with_blanks(number);
  const bool has_blanks = blank.find(' ') != blank.npos;
  const auto value = parse_number(without_groups(blank, has_blanks ? ' ' : group, decimal));
  return value && (is_negative || is_in_parentheses) ? -*value : value;
}

std::optional<double> parse_zero_padded(std::string_view cell) {
  if (!std::ranges::all_of(cell, is_digit)) return std::nullopt;
  cell.remove_prefix(std::min(cell.find_first_not_of('0'), cell.size() - 1));
  return parse_number(cell);
}

// Parses a number of at most 15 digits without an exponent, if the cell is one. The digits and the
// power of ten are exact in a double, so their quotient is the nearest double (Clinger 1990).
std::optional<WrittenNumber> read_short_number(std::string_view cell) {
  constexpr double kPowers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr std::size_t kMaxDigits = 15;
  const bool is_negative = cell.starts_with('-');
  const std::string_view text = cell.substr(is_negative ? 1 : 0);
  if (text.empty() || text.size() > kMaxDigits + 1) return std::nullopt;
  std::int64_t digits = 0;
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) digits = 10 * digits + (text[at] - '0');
  const std::size_t whole = at;
  const bool has_point = at < text.size() && text[at] == '.';
  at += has_point ? 1 : 0;
  const std::size_t first_decimal = at;
  for (; at < text.size() && is_digit(text[at]); ++at) digits = 10 * digits + (text[at] - '0');
  const std::size_t decimals = at - first_decimal, count = whole + decimals;
  if (at < text.size() || count == 0 || count > kMaxDigits) return std::nullopt;
  const double value = static_cast<double>(digits) / kPowers[decimals];
  const bool has_last_zero = has_point && (decimals == 0 || text.back() == '0');
  const bool is_shortest = !has_last_zero && whole > 0 && !(is_negative && digits == 0);
  return WrittenNumber{is_negative ? -value : value, is_shortest};
}

bool has_superfluous_zero(std::string_view cell) {
  const std::string_view digits = cell.substr(cell.starts_with('-') ? 1 : 0);
  return digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
}

// Parses a number that is not short.
std::optional<double> parse_long_number(std::string_view cell) {
  double value = 0;
  const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || cell.empty() || std::isnan(value)) return std::nullopt;
  if (fault != std::errc::result_out_of_range) {
    return fault == std::errc() ? std::optional(value) : std::nullopt;
  }
  // A number is too small if its exponent is negative, or if it has no exponent and begins with 0.
  const std::string_view digits = cell.substr(cell.starts_with('-') ? 1 : 0);
  const std::size_t exponent = cell.find_first_of("eE");
  const bool is_small = exponent == cell.npos ? digits.starts_with('0') || digits.starts_with('.')
                                              : cell.find('-', exponent) != cell.npos;
  return is_small ? 0 : HUGE_VAL;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!text.empty() && !is_blank(text.front()) && !is_blank(text.back())) return text;
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<WrittenNumber> read_number(std::string_view cell) {
  const bool has_plus = cell.starts_with('+') && !cell.starts_with("+-");
  if (has_plus) cell.remove_prefix(1);
  if (has_superfluous_zero(cell)) return std::nullopt;
  if (auto number = read_short_number(cell)) {
    number->is_shortest = number->is_shortest && !has_plus;
    return number;
  }
  const auto value = parse_long_number(cell);
  return value ? std::optional(WrittenNumber{*value, false}) : std::nullopt;
}

std::optional<double> parse_number(std::string_view cell) {
  const auto number = read_number(cell);
  return number ? std::optional(number->value) : std::nullopt;
}

std::optional<bool> truth_value(std::string_view word) {
  constexpr std::pair<std::string_view, bool> kValues[] = {
      {"true", true}, {"false", false}, {"yes", true}, {"no", false},
      {"t", true},    {"f", false},     {"y", true},   {"n", false},
      {"1", true},    {"0", false},     {"1.0", true}, {"0.0", false}};
  constexpr std::size_t kLongest = 5;
  if (word.size() > kLongest) return std::nullopt;
  const std::string lower = to_lower(word);
  for (const auto& [each, value] : kValues)
    if (lower == each) return value;
  return std::nullopt;
}

bool are_truth_values(std::string_view first, std::string_view second) {
  const auto value = truth_value(first), other = truth_value(second);
  if (!value || !other || *value == *other) return false;
  const auto is_letter = [](std::string_view word) {
    return word.size() == 1 && !is_digit(word[0]);
  };
  if (!is_letter(first) && !is_letter(second)) return true;
  std::string letters = to_lower(std::string(first) + std::string(second));
  std::ranges::sort(letters);
  return letters == "ft" || letters == "ny";
}

const char* format_name(CellFormat format) {
  for (const auto& [each, name] : kNames)
    if (each == format) return name;
  return "plain";
}

const char* format_example(CellFormat format) {
  switch (format) {
    case CellFormat::plain: return "1234.5";
    case CellFormat::decimal_comma: return "1.234,5";
    case CellFormat::thousands: return "1,234.5";
    case CellFormat::zero_padded: return "0012";
    case CellFormat::iso_time: return "2019-03-23";
    case CellFormat::day_month: return "23/03/2019";
    case CellFormat::month_day: return "03/23/2019";
    case CellFormat::month_name: return "23-Mar-2019";
    case CellFormat::compact_date: return "20190323";
  }
  return "";
}

std::optional<CellFormat> format_named(std::string_view name) {
  for (const auto& [format, each] : kNames)
    if (name == each) return format;
  return std::nullopt;
}

std::optional<double> parse_cell(std::string_view cell, CellFormat format) {
  switch (format) {
    case CellFormat::plain: return parse_number(cell);
    case CellFormat::decimal_comma: return parse_grouped(cell, '.', ',');
    case CellFormat::thousands: return parse_grouped(cell, ',', '.');
    case CellFormat::zero_padded: return parse_zero_padded(cell);
    case CellFormat::iso_time: return parse_iso_time(cell);
    case CellFormat::day_month: return parse_local_time(cell, true);
    case CellFormat::month_day: return parse_local_time(cell, false);
    case CellFormat::month_name: return parse_time_with_month_name(cell);
    case CellFormat::compact_date: return parse_compact_date(cell);
  }
  return std::nullopt;
}

}  // namespace selfnorm
