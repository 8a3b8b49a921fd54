// SPDX-License-Identifier: Apache-2.0
// Output for people: aligned tables, one progress line, and color on terminals only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm::cli {

/// Return whether standard error (progress) or standard output (results) is a terminal.
bool is_terminal(int descriptor);

/// Return the text in bold or in a color if standard error is a terminal and NO_COLOR is not set.
std::string bold(const std::string& text);
std::string red(const std::string& text);

/// Prints text on standard error. A failure, as that of a closed pipe, is ignored.
void print_progress(const std::string& text);

/// Prints a note on standard error.
void note(const std::string& text);

/// Returns the width of a text on a terminal: the number of UTF-8 characters, one column each.
std::size_t columns(const std::string& text);

/// Returns rows as aligned columns. The first row is the heading. Columns of numbers are aligned to
/// the right.
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
