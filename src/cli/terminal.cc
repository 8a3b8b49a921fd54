// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/text.h"

namespace selfnorm::cli {
namespace {

// Marks of a style. A name that contains one can only change the style of a text.
constexpr char kBoldMark = '\x01', kRedMark = '\x02', kPlainMark = '\x03';

bool shows_styles(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  return is_terminal(descriptor) && (no_color == nullptr || *no_color == '\0');
}

const char* style_code(char mark) {
  if (mark == kBoldMark) return "\x1b[1m";
  return mark == kRedMark ? "\x1b[31m" : "\x1b[0m";
}

// Returns the bytes to print: styles or nothing for the marks, and escaped control characters.
std::string rendered(std::string_view text, int descriptor) {
  const bool has_styles = shows_styles(descriptor);
  constexpr std::string_view kMarks("\x01\x02\x03");
  std::string bytes;
  bool is_plain = true;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(kMarks);
    bytes += escape_control_characters(text.substr(0, end));
    if (end == std::string_view::npos) break;
    is_plain = text[end] == kPlainMark;
    if (has_styles) bytes += style_code(text[end]);
    text.remove_prefix(end + 1);
  }
  if (has_styles && !is_plain) bytes += style_code(kPlainMark);
  return bytes;
}

void print_bytes(const std::string& bytes, std::FILE* stream) {
  std::fwrite(bytes.data(), 1, bytes.size(), stream);
}

// Returns the cells of a table without line breaks and tabs.
std::vector<std::string> one_line_cells(std::vector<std::string> row) {
  for (std::string& cell : row)
    std::ranges::replace_if(
        cell, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return row;
}

bool looks_numeric(const std::string& cell) {
  return cell.empty() || cell.find_first_not_of("0123456789.,+-e%") == std::string::npos;
}

}  // namespace

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }
std::string bold(const std::string& text) { return kBoldMark + text + kPlainMark; }
std::string red(const std::string& text) { return kRedMark + text + kPlainMark; }

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

void print_results(const std::string& text) { print_bytes(rendered(text, STDOUT_FILENO), stdout); }

void print_progress(const std::string& text) { print_bytes(rendered(text, STDERR_FILENO), stderr); }

void print_rows(const std::string& rows) {
  print_bytes(is_terminal(STDOUT_FILENO) ? escape_control_characters(rows) : rows, stdout);
}

void note(const std::string& text) { print_progress(bold("note:") + " " + text + "\n"); }

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<char> numeric;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    widths.resize(std::max(widths.size(), rows[r].size()), 0);
    numeric.resize(widths.size(), 1);
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      widths[c] = std::max(widths[c], columns(rows[r][c]));
      if (r > 0 && !looks_numeric(rows[r][c])) numeric[c] = 0;
    }
  }
  std::string text;
  for (const auto& cells : rows) {
    const std::vector<std::string> row = one_line_cells(cells);
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - columns(row[c]), ' ');
      if (c > 0) line += "  ";
      line += numeric[c] != 0 ? pad + row[c] : row[c] + pad;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

std::string bar(std::int64_t done, std::int64_t all, std::size_t width) {
  const auto filled =
      static_cast<std::size_t>(static_cast<double>(width) * static_cast<double>(done) /
                               static_cast<double>(std::max<std::int64_t>(all, 1)));
  std::string text(std::min(filled, width), '=');
  if (text.size() < width) text += '>';
  text.resize(width, '.');
  return "[" + text + "]";
}

std::string score(double value) {
  const double size = std::abs(value);
  return size != 0 && (size < 1e-3 || size >= 1e5) ? fmt::format("{:.3e}", value)
                                                   : fmt::format("{:.4f}", value);
}

void StatusLine::show(const std::string& text) {
  if (!is_terminal(STDERR_FILENO)) return;
  const std::size_t length = columns(text);
  const std::string pad(shown_ > length ? shown_ - length : 0, ' ');
  print_bytes("\r" + rendered(text, STDERR_FILENO) + pad, stderr);
  std::fflush(stderr);
  shown_ = length;
}

void StatusLine::clear() {
  if (shown_ == 0) return;
  std::fputs(("\r" + std::string(shown_, ' ') + "\r").c_str(), stderr);
  shown_ = 0;
}

}  // namespace selfnorm::cli
