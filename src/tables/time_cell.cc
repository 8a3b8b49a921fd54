// SPDX-License-Identifier: Apache-2.0
#include "tables/time_cell.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

#include "base/text.h"
#include "tables/cell.h"

namespace selfnorm {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes a prefix off the text. Returns whether it was there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Takes a whole number of `least` to `most` digits off the text.
std::optional<int> take_whole(std::string_view& text, std::size_t least, std::size_t most) {
  int value = 0;
  std::size_t count = 0;
  for (; count < most && count < text.size() && is_digit(text[count]); ++count)
    value = 10 * value + (text[count] - '0');
  text.remove_prefix(count);
  return count >= least ? std::optional(value) : std::nullopt;
}

// Takes a year of four digits off the text, or of two if they are all.
std::optional<int> take_year(std::string_view& text) {
  constexpr int kFirstOfTwoDigits = 69;
  std::string_view rest = text;
  if (const auto year = take_whole(rest, 4, 4)) return text = rest, year;
  const auto year = take_whole(text, 2, 2);
  if (!year || (!text.empty() && is_digit(text[0]))) return std::nullopt;
  return *year + (*year < kFirstOfTwoDigits ? 2000 : 1900);
}

// Takes the name of a month, or its first three letters, off the text.
std::optional<int> take_month_name(std::string_view& text) {
  constexpr std::string_view kMonths[] = {"january",   "february", "march",    "april",
                                          "may",       "june",     "july",     "august",
                                          "september", "october",  "november", "december"};
  const auto length =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_letter) - text.begin());
  const std::string word = to_lower(text.substr(0, length));
  text.remove_prefix(length);
  for (int i = 0; i < 12; ++i)
    if (word == kMonths[i] || word == kMonths[i].substr(0, 3)) return i + 1;
  if (word == "sept") return 9;
  return std::nullopt;
}

// Takes "Sat, " or "Saturday, " off the text.
void take_weekday(std::string_view& text) {
  constexpr std::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const std::size_t comma = text.find(", ");
  const std::string word = to_lower(text.substr(0, std::min<std::size_t>(comma, 3)));
  if (comma == text.npos || std::ranges::count(kDays, word) == 0) return;
  if (std::ranges::all_of(text.substr(0, comma), is_letter)) text.remove_prefix(comma + 2);
}

// Takes an offset such as "Z", "+02:00" or "-0500" off the text. Returns its seconds.
std::optional<double> take_offset(std::string_view& text) {
  if (text.empty() || take(text, "Z") || take(text, " UTC") || take(text, " GMT")) return 0;
  take(text, " ");
  const bool is_negative = text.starts_with('-');
  if (!take(text, "+") && !take(text, "-")) return std::nullopt;
  const auto hours = take_whole(text, 2, 2);
  take(text, ":");
  const auto minutes = text.empty() ? std::optional(0) : take_whole(text, 2, 2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const double seconds = 3600.0 * *hours + 60.0 * *minutes;
  return is_negative ? -seconds : seconds;
}

// Takes seconds with decimals off the text.
std::optional<double> take_seconds(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  double second = 0;
  const auto [stop, fault] = std::from_chars(text.data(), text.data() + end, second);
  if (end == 0 || fault != std::errc() || stop != text.data() + end || second >= 61)
    return std::nullopt;
  text.remove_prefix(end);
  return second;
}

// Returns the hour of 24 of one with AM or PM, which is taken off the text. Without AM or PM, the
// hour stays.
std::optional<int> take_half_of_day(std::string_view& text, int hour) {
  std::string_view rest = text;
  take(rest, " ");
  const std::string half = to_lower(rest.substr(0, 2));
  if (half != "am" && half != "pm") return hour;
  if (hour < 1 || hour > 12) return std::nullopt;
  text = rest.substr(2);
  return hour % 12 + (half == "pm" ? 12 : 0);
}

// Parses " 20:21", "T20:21:09.5", " 8:21 PM" or "", and an offset.
std::optional<double> parse_time_of_day(std::string_view text) {
  if (text.empty()) return 0;
  if (!take(text, "T") && !take(text, " ")) return std::nullopt;
  const auto hour = take_whole(text, 1, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  const auto minute = take_whole(text, 1, 2);
  if (!minute || *minute > 59) return std::nullopt;
  const auto second = take(text, ":") ? take_seconds(text) : std::optional(0.0);
  const auto hour_of_day = take_half_of_day(text, *hour);
  const auto offset = take_offset(text);
  if (!second || !hour_of_day || !offset || !text.empty()) return std::nullopt;
  return 3600.0 * *hour_of_day + 60.0 * *minute + *second - *offset;
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

// Takes one of the signs between the parts of a date off the text. Returns it, or "".
std::string_view take_separator(std::string_view& text, std::string_view signs) {
  if (text.empty() || signs.find(text[0]) == signs.npos) return "";
  const std::string_view separator = text.substr(0, 1);
  text.remove_prefix(1);
  return separator;
}

}  // namespace

std::optional<double> parse_iso_time(std::string_view text) {
  const auto year = take_whole(text, 4, 4);
  const std::string_view separator = take_separator(text, "-/.");
  if (!year || separator.empty()) return std::nullopt;
  const auto month = take_whole(text, 1, 2);
  if (!month || !take(text, separator)) return std::nullopt;
  const auto day = take_whole(text, 1, 2);
  return day ? seconds_since_1970(*year, *month, *day, text) : std::nullopt;
}

std::optional<double> parse_local_time(std::string_view text, bool day_first) {
  const std::size_t before = text.size();
  const auto first = take_whole(text, 1, 2);
  const std::string_view separator = take_separator(text, "./-");
  if (!first || separator.empty()) return std::nullopt;
  const auto second = take_whole(text, 1, 2);
  if (!second || !take(text, separator)) return std::nullopt;
  const bool have_two_digits = before - text.size() == 6;
  const std::size_t year_begin = text.size();
  const auto year = take_year(text);
  // 1.2.10 is a version rather than a date.
  const bool may_be_version = separator == "." && !have_two_digits;
  if (!year || (may_be_version && year_begin - text.size() == 2)) return std::nullopt;
  return seconds_since_1970(*year, day_first ? *second : *first, day_first ? *first : *second,
                            text);
}

std::optional<double> parse_time_with_month_name(std::string_view text) {
  constexpr std::string_view kSeparators = " -/";
  take_weekday(text);
  std::optional<int> day, month;
  if (!text.empty() && is_letter(text[0])) {
    month = take_month_name(text);
    if (!month || take_separator(text, kSeparators).empty()) return std::nullopt;
    day = take_whole(text, 1, 2);
    take(text, ",");
  } else if (text.size() > 4 && std::ranges::all_of(text.substr(0, 4), is_digit)) {
    const auto year = take_whole(text, 4, 4);
    if (take_separator(text, kSeparators).empty()) return std::nullopt;
    month = take_month_name(text);
    if (!month || take_separator(text, kSeparators).empty()) return std::nullopt;
    day = take_whole(text, 1, 2);
    return day ? seconds_since_1970(*year, *month, *day, text) : std::nullopt;
  } else {
    day = take_whole(text, 1, 2);
    if (!day || take_separator(text, kSeparators).empty()) return std::nullopt;
    month = take_month_name(text);
  }
  if (!day || !month || take_separator(text, kSeparators).empty()) return std::nullopt;
  const auto year = take_year(text);
  return year ? seconds_since_1970(*year, *month, *day, text) : std::nullopt;
}

std::optional<double> parse_compact_date(std::string_view text) {
  const bool has_eight_digits = text.size() == 8 && std::ranges::all_of(text, is_digit);
  if (!has_eight_digits) return std::nullopt;
  const auto year = take_whole(text, 4, 4), month = take_whole(text, 2, 2),
             day = take_whole(text, 2, 2);
  return seconds_since_1970(*year, *month, *day, "");
}

}  // namespace selfnorm
