// SPDX-License-Identifier: Apache-2.0
// Output for people: aligned tables, one progress line, and color on terminals only.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm::cli {

/// Return whether standard error (progress) or standard output (results) is a terminal.
bool is_terminal(int descriptor);

/// Return the text between marks for bold or red. The functions that print turn marks into a style
/// if the stream is a terminal and NO_COLOR is not set, and remove them otherwise.
std::string bold(const std::string& text);
std::string red(const std::string& text);

/// Print text for people on standard output, or on standard error, where a failure, as that of a
/// closed pipe, is ignored. Names may come from the files of others, so control characters are
/// escaped.
void print_results(const std::string& text);
void print_progress(const std::string& text);

/// Formats a text and prints it on standard output.
template <class... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  print_results(fmt::format(format, std::forward<Values>(values)...));
}

/// Prints rows for other programs on standard output. They are escaped on a terminal only.
void print_rows(const std::string& rows);

/// Prints a note on standard error.
void note(const std::string& text);

/// Returns the width of a text on a terminal: the number of UTF-8 characters, one column each.
std::size_t columns(const std::string& text);

/// Returns rows as aligned columns. The first row is the heading. Columns of numbers are aligned to
/// the right. Line breaks in cells become blanks.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// Returns "[=====>....]" with the given width.
std::string bar(std::int64_t done, std::int64_t all, std::size_t width = 20);

/// Returns a loss or metric with four digits after the point.
std::string score(double value);

/// Returns four significant digits, or "-" for NaN.
std::string number(double value);

/// A line on standard error that is overwritten until `done`. It prints nothing if standard error
/// is not a terminal.
class StatusLine {
 public:
  void show(const std::string& text);
  void clear();

 private:
  std::size_t shown_ = 0;
};

}  // namespace selfnorm::cli
