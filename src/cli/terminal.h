// SPDX-License-Identifier: Apache-2.0
// How the program talks to a person: aligned tables, one progress line, color on terminals only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm::cli {

/// Whether standard error (progress) or standard output (results) is a terminal.
bool is_terminal(int descriptor);

/// The text in bold or a color where standard error is a terminal and NO_COLOR is not set.
std::string bold(const std::string& text);
std::string red(const std::string& text);

/// A remark beside the results, on standard error.
void note(const std::string& text);

/// Columns that the text takes on a terminal: characters of UTF-8, each one column wide.
std::size_t columns(const std::string& text);

/// Rows as aligned columns, the first row being the heading. Columns whose cells are all numbers
/// are aligned right.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// "[=====>....]" of so many characters.
std::string bar(std::int64_t done, std::int64_t all, std::size_t width = 20);

/// "123 µs", "4.5 ms", "1.23 s", "2 min 03 s".
std::string duration(double seconds);

/// A number to four significant digits after the point, as training lines show it.
std::string score(double value);

/// Four significant digits; "-" for what is not a number.
std::string number(double value);

/// A line on standard error that is written over until `done`; nothing when not on a terminal.
class StatusLine {
 public:
  void show(const std::string& text);
  void clear();

 private:
  std::size_t shown_ = 0;
};

}  // namespace selfnorm::cli
