// SPDX-License-Identifier: Apache-2.0
#include "tables/table_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "files/byte_reader.h"
#include "files/foreign_files.h"
#include "tables/cell.h"
#include "tables/svmlight.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kExamined = std::size_t{1} << 16;
constexpr std::size_t kExaminedLines = 50;

// Returns the beginning of a file, decompressed, or "" if it cannot be read twice.
std::string beginning_of(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return "";
  std::string start(kExamined, '\0');
  start.resize(ByteReader(path).read_some(start.data(), start.size()));
  return start;
}

// Returns the first lines that are complete, without comments and empty lines.
std::vector<std::string_view> first_lines_without_comments(std::string_view text, char comment) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < kExaminedLines) {
    const std::size_t end = text.find('\n');
    if (end == text.npos && !lines.empty()) break;
    const std::string_view line = trimmed(text.substr(0, text.find_first_of("\r\n")));
    if (!line.empty() && line.front() != comment) lines.push_back(line);
    text.remove_prefix(std::min(end, text.size() - 1) + 1);
  }
  return lines;
}

bool begins_with_keyword(std::string_view line) {
  const std::string word = to_lower(line.substr(0, line.find_first_of(" \t")));
  return word == "@relation" || word == "@attribute";
}

// A table of two columns, as "5 12:30", could be one line of a pair.
bool looks_like_svmlight(const std::vector<std::string_view>& lines) {
  std::size_t longest = 0;
  SparseRow row;
  for (const std::string_view line : lines) {
    parse_sparse_row(line, row);
    if (!row.fault.empty() || row.label.empty()) return false;
    longest = std::max(longest, row.features.size());
  }
  return longest > 1;
}

std::string_view without_byte_order_mark(std::string_view text) {
  return text.substr(text.starts_with("\xef\xbb\xbf") ? 3 : 0);
}

std::optional<TableFormat> format_by_extension(const std::string& ending) {
  if (ending == ".jsonl" || ending == ".ndjson") return TableFormat::json_lines;
  if (ending == ".arff") return TableFormat::arff;
  if (ending == ".svm" || ending == ".libsvm" || ending == ".svmlight")
    return TableFormat::svmlight;
  return std::nullopt;
}

// A file that is named .csv may have JSON in its cells.
TableFormat format_by_content(std::string_view text, bool is_named_delimited) {
  const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const std::string_view body = text.substr(first);
  const std::string_view line = trimmed(body.substr(0, body.find_first_of("\r\n")));
  const bool may_be_json = !is_named_delimited || line.find_last_of("{}[],") == line.size() - 1;
  const std::size_t next = body.find_first_not_of(" \t\r\n", 1);
  const char second = next < body.size() ? body[next] : '\0';
  if (may_be_json && body.starts_with('{') && (second == '"' || second == '}'))
    return TableFormat::json_lines;
  if (may_be_json && body.starts_with('[') && (second == '{' || second == ']'))
    return TableFormat::json_array;
  const auto without_percent = first_lines_without_comments(text, '%');
  if (!without_percent.empty() && begins_with_keyword(without_percent[0])) return TableFormat::arff;
  if (!is_named_delimited && looks_like_svmlight(first_lines_without_comments(text, '#')))
    return TableFormat::svmlight;
  return TableFormat::delimited;
}

const char* name_of(TableFormat format) {
  switch (format) {
    case TableFormat::delimited: return "a table with delimiters";
    case TableFormat::json_lines: return "JSON lines";
    case TableFormat::json_array: return "a JSON array";
    case TableFormat::arff: return "ARFF";
    case TableFormat::svmlight: return "LIBSVM's format";
  }
  return "";
}

}  // namespace

TableFormat find_table_format(const fs::path& path) {
  const std::string start = beginning_of(path);
  check_not_foreign(path, start);
  const std::string ending = to_lower(without_compression(path).extension().string());
  if (const auto format = format_by_extension(ending)) return *format;
  return format_by_content(without_byte_order_mark(start), ending == ".csv" || ending == ".tsv");
}

void check_delimited_options(const fs::path& path, TableFormat format, const DataOptions& options) {
  if (format == TableFormat::delimited || !options.table.empty()) return;
  const std::pair<const char*, bool> given[] = {{"header", options.header != "auto"},
                                                {"delimiter", options.delimiter != "auto"},
                                                {"quotes", options.quotes != "auto"}};
  for (const auto& [option, is_given] : given) {
    if (!is_given) continue;
    throw_data_error(fmt::format("{}: {} has no {} (leave `{}` out)", path.string(),
                                 name_of(format), option, option));
  }
}

void check_text_format(const fs::path& path, TableFormat format) {
  if (format == TableFormat::delimited || format == TableFormat::json_lines) return;
  throw_data_error(fmt::format(
      "{}: texts are read from tables and JSON lines, not from {}{}", path.string(),
      name_of(format),
      format == TableFormat::json_array ? " (convert it: jq -c '.[]' FILE > FILE.jsonl)" : ""));
}

bool is_text_file(const fs::path& path) {
  const std::string start = beginning_of(path);
  const bool is_utf16 = start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff");
  return is_utf16 || (!start.empty() && start.find('\0') == start.npos);
}

}  // namespace selfnorm
