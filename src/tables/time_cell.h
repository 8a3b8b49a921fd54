// SPDX-License-Identifier: Apache-2.0
// The text of a table cell as a time.
#pragma once

#include <optional>
#include <string_view>

namespace selfnorm {

/// Each function returns the seconds since 1970-01-01 00:00, or nothing if the text is not such a
/// time. After the date, a time of day may follow: " 20:21", "T20:21:09.5" or " 8:21 PM". An offset
/// such as "+02:00" or " -0500" is subtracted, which gives Coordinated Universal Time.

/// Parses 2019-03-23, 2019/03/23 or 2019.03.23.
std::optional<double> parse_iso_time(std::string_view text);

/// Parses 23.3.2019, 23/3/19 or 23-03-19. Two digits of a year are 1969 to 2068. 1.2.10 is not a
/// date, but a version.
std::optional<double> parse_local_time(std::string_view text, bool day_first);

/// Parses 23-Mar-2019, 23/Mar/19, 2019-Mar-23, March 23, 2019 or Sat, 23 Mar 2019, in any case.
std::optional<double> parse_time_with_month_name(std::string_view text);

/// Parses 20190323.
std::optional<double> parse_compact_date(std::string_view text);

}  // namespace selfnorm
