// SPDX-License-Identifier: Apache-2.0
#include "tables/cell.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

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
    {CellFormat::compact_date, "yearmonthday"}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes a prefix off the text. Returns whether it was there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Takes a whole number of at most `digits` digits off the text.
std::optional<int> take_whole(std::string_view& text, std::size_t digits) {
  int value = 0;
  std::size_t count = 0;
  for (; count < digits && count < text.size() && is_digit(text[count]); ++count)
    value = 10 * value + (text[count] - '0');
  text.remove_prefix(count);
  return count > 0 ? std::optional(value) : std::nullopt;
}

// Takes spaces and one currency sign off either end, and a percent sign off the end.
std::string_view without_signs(std::string_view cell) {
  constexpr std::string_view kSigns[] = {"$", "€", "£", "¥"};
  cell = trimmed(cell);
  if (cell.ends_with('%')) return trimmed(cell.substr(0, cell.size() - 1));
  for (const std::string_view sign : kSigns) {
    if (cell.starts_with(sign)) return trimmed(cell.substr(sign.size()));
    if (cell.ends_with(sign)) return trimmed(cell.substr(0, cell.size() - sign.size()));
  }
  return cell;
}

// Returns the number as `parse_number` expects it, or "" if the groups of digits before the decimal
// sign do not have three digits each after the first.
std::string without_groups(std::string_view cell, char group, char decimal) {
  std::string plain;
  const std::size_t point = std::min(cell.find(decimal), cell.size());
  std::size_t digits = 0;
  bool grouped = false;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (i < point && cell[i] == group) {
      if ((grouped && digits != 3) || digits == 0 || digits > 3) return "";
      grouped = true, digits = 0;
      continue;
    }
    if (i == point) plain += '.';
    else plain += cell[i];
    if (i < point && is_digit(cell[i])) ++digits;
  }
  return grouped && digits != 3 ? "" : plain;
}

std::optional<double> parse_grouped(std::string_view cell, char group, char decimal) {
  cell = without_signs(cell);
  const std::string plain = without_groups(cell, group, decimal);
  return parse_number(plain);
}

std::optional<double> parse_zero_padded(std::string_view cell) {
  if (!std::ranges::all_of(cell, is_digit)) return std::nullopt;
  cell.remove_prefix(std::min(cell.find_first_not_of('0'), cell.size() - 1));
  return parse_number(cell);
}

// Parses " 20:21", "T20:21:09.5" or "" with an optional "Z", in seconds.
std::optional<double> parse_time_of_day(std::string_view text) {
  if (text.empty()) return 0;
  if (!take(text, "T") && !take(text, " ")) return std::nullopt;
  const auto hour = take_whole(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  const auto minute = take_whole(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  double seconds = 3600.0 * *hour + 60.0 * *minute;
  if (take(text, ":")) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    double second = 0;
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + end, second);
    if (end == 0 || fault != std::errc() || stop != text.data() + end || second >= 61)
      return std::nullopt;
    seconds += second;
    text.remove_prefix(end);
  }
  if (!text.empty() && text != "Z" && text != "+00:00") return std::nullopt;
  return seconds;
}

std::optional<double> seconds_since_1970(int year, int month, int day, std::string_view time) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const auto seconds = parse_time_of_day(time);
  if (!seconds) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return kSecondsPerDay * static_cast<double>(days) + *seconds;
}

std::optional<double> parse_iso_time(std::string_view text) {
  const std::size_t before = text.size();
  const auto year = take_whole(text, 4);
  if (before - text.size() != 4 || text.empty()) return std::nullopt;
  const std::string_view separator = text.substr(0, 1);
  if (separator != "-" && separator != "/") return std::nullopt;
  text.remove_prefix(1);
  const auto month = take_whole(text, 2);
  if (!month || !take(text, separator)) return std::nullopt;
  const auto day = take_whole(text, 2);
  return day ? seconds_since_1970(*year, *month, *day, text) : std::nullopt;
}

std::optional<double> parse_local_time(std::string_view text, bool day_first) {
  const auto first = take_whole(text, 2);
  if (!first || text.empty()) return std::nullopt;
  const std::string_view separator = text.substr(0, 1);
  if (separator != "." && separator != "/" && separator != "-") return std::nullopt;
  text.remove_prefix(1);
  const auto second = take_whole(text, 2);
  if (!second || !take(text, separator)) return std::nullopt;
  const std::size_t before = text.size();
  const auto year = take_whole(text, 4);
  if (before - text.size() != 4) return std::nullopt;
  return day_first ? seconds_since_1970(*year, *second, *first, text)
                   : seconds_since_1970(*year, *first, *second, text);
}

std::optional<double> parse_compact_date(std::string_view text) {
  const bool has_eight_digits = text.size() == 8 && std::ranges::all_of(text, is_digit);
  if (!has_eight_digits) return std::nullopt;
  const auto year = take_whole(text, 4), month = take_whole(text, 2), day = take_whole(text, 2);
  return seconds_since_1970(*year, *month, *day, "");
}

// Parses a number of at most 15 digits without an exponent, if the cell is one. The digits and the
// power of ten are exact in a double, so their quotient is the nearest double (Clinger 1990).
std::optional<double> parse_short_number(std::string_view cell) {
  constexpr double kPowers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr std::size_t kMaxDigits = 15;
  const bool is_negative = cell.starts_with('-');
  const std::string_view text = cell.substr(is_negative ? 1 : 0);
  if (text.empty() || text.size() > kMaxDigits + 1) return std::nullopt;
  std::int64_t digits = 0;
  std::size_t count = 0, decimals = 0;
  bool has_point = false;
  for (const char c : text) {
    if (is_digit(c)) {
      digits = 10 * digits + (c - '0');
      ++count;
      decimals += has_point ? 1 : 0;
    } else if (c == '.' && !has_point) {
      has_point = true;
    } else {
      return std::nullopt;
    }
  }
  if (count == 0 || count > kMaxDigits) return std::nullopt;
  const double value = static_cast<double>(digits) / kPowers[decimals];
  return is_negative ? -value : value;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (!text.empty() && !is_blank(text.front()) && !is_blank(text.back())) return text;
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<double> parse_number(std::string_view cell) {
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  const std::string_view digits = cell.substr(cell.starts_with('-') ? 1 : 0);
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) return std::nullopt;
  if (const auto number = parse_short_number(cell)) return number;
  double value = 0;
  const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || cell.empty() || std::isnan(value)) return std::nullopt;
  if (fault != std::errc::result_out_of_range) {
    return fault == std::errc() ? std::optional(value) : std::nullopt;
  }
  // A number is too small if its exponent is negative, or if it has no exponent and begins with 0.
  const std::size_t exponent = cell.find_first_of("eE");
  const bool is_small = exponent == cell.npos ? digits.starts_with('0') || digits.starts_with('.')
                                              : cell.find('-', exponent) != cell.npos;
  return is_small ? 0 : HUGE_VAL;
}

const char* format_name(CellFormat format) {
  for (const auto& [each, name] : kNames)
    if (each == format) return name;
  return "plain";
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
    case CellFormat::compact_date: return parse_compact_date(cell);
  }
  return std::nullopt;
}

}  // namespace selfnorm
