// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace selfnorm::cli {
namespace {

std::string styled(const char* code, const std::string& text) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = (no_color != nullptr && *no_color != '\0') || !is_terminal(STDERR_FILENO);
  return plain ? text : fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

bool looks_numeric(const std::string& cell) {
  return cell.empty() || cell.find_first_not_of("0123456789.,+-e%") == std::string::npos;
}

}  // namespace

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }
std::string bold(const std::string& text) { return styled("1", text); }
std::string red(const std::string& text) { return styled("31", text); }

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

void print_progress(const std::string& text) { std::fputs(text.c_str(), stderr); }

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
  for (const auto& row : rows) {
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
  std::fputs(("\r" + text + pad).c_str(), stderr);
  std::fflush(stderr);
  shown_ = length;
}

void StatusLine::clear() {
  if (shown_ == 0) return;
  std::fputs(("\r" + std::string(shown_, ' ') + "\r").c_str(), stderr);
  shown_ = 0;
}

}  // namespace selfnorm::cli
