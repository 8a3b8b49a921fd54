// SPDX-License-Identifier: Apache-2.0
#include "tables/dialect.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

#include "base/text.h"

namespace selfnorm {
namespace {

// Candidates, the most telling first: cells contain commas and spaces more often than tabs.
constexpr std::pair<char, const char*> kDelimiters[] = {
    {'\t', "tab"}, {';', "semicolon"}, {'|', "pipe"}, {',', "comma"}, {' ', "space"}};
constexpr std::size_t kLines = 50;  // lines that are examined

// Splits text into lines. The last one may be cut off, and is dropped if there are others.
std::vector<std::string_view> first_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() <= kLines) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (lines.size() > 1) lines.pop_back();
  return lines;
}

std::size_t count_cells(std::string_view line, char delimiter, bool quotes) {
  if (delimiter == ' ') return split_words(line, ' ').size();
  std::size_t cells = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"' && quotes) quoted = !quoted;
    cells += c == delimiter && !quoted;
  }
  return cells;
}

// Returns the number of lines that have the most frequent number of cells, if this is above one.
std::size_t agreeing_lines(const std::vector<std::string_view>& lines, char delimiter,
                           bool quotes) {
  std::map<std::size_t, std::size_t> counts;
  for (const std::string_view line : lines) ++counts[count_cells(line, delimiter, quotes)];
  std::size_t best = 0;
  for (const auto& [cells, count] : counts) {
    if (cells > 1) best = std::max(best, count);
  }
  return best;
}

char best_delimiter(const std::vector<std::string_view>& lines, bool quotes) {
  char best = ',';
  std::size_t most = 0;
  for (const auto& [delimiter, name] : kDelimiters) {
    const std::size_t agreeing = agreeing_lines(lines, delimiter, quotes);
    if (agreeing > most) best = delimiter, most = agreeing;
  }
  return best;
}

// Returns whether a cell between tabs starts with a quote that closes at its end or in a later
// line.
bool has_quoted_cell(const std::vector<std::string_view>& lines, char delimiter) {
  const auto is_quoted = [](std::string_view cell) {
    if (!cell.starts_with('"')) return false;
    const auto inner = std::ranges::count(cell, '"');
    return inner % 2 == 1 || cell.ends_with('"');  // an odd number continues in the next line
  };
  bool any = false;
  for (std::string_view line : lines) {
    while (true) {
      const std::size_t end = std::min(line.find(delimiter), line.size());
      const std::string_view cell = line.substr(0, end);
      if (cell.starts_with('"') && !is_quoted(cell)) return false;  // "Rome" sweet
      any = any || is_quoted(cell);
      if (end == line.size()) break;
      line.remove_prefix(end + 1);
    }
  }
  return any;
}

}  // namespace

Dialect find_dialect(std::string_view start, const std::string& delimiter,
                     const std::string& quotes) {
  Dialect dialect;
  std::vector<std::string_view> lines = first_lines(start);
  dialect.has_comments = !lines.empty() && lines.front().starts_with('#');
  if (dialect.has_comments)
    std::erase_if(lines, [](std::string_view line) { return line.starts_with('#'); });
  if (!lines.empty() && lines.front().size() == 5 &&
      to_lower(lines.front().substr(0, 4)) == "sep=") {
    dialect.has_separator_line = true;
    dialect.delimiter = lines.front()[4];
  } else {
    dialect.delimiter = best_delimiter(lines, quotes != "no");
  }
  for (const auto& [character, name] : kDelimiters)
    if (delimiter == name) dialect.delimiter = character;
  const bool is_plain = dialect.delimiter == '\t' && !has_quoted_cell(lines, '\t');
  dialect.quotes = quotes == "yes" || (quotes == "auto" && !is_plain);
  return dialect;
}

std::string delimiter_name(char delimiter) {
  for (const auto& [character, name] : kDelimiters)
    if (delimiter == character) return name;
  return std::string(1, delimiter);
}

}  // namespace selfnorm
