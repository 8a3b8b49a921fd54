// SPDX-License-Identifier: Apache-2.0
#include "tables/table_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "files/byte_reader.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxListedColumns = 20;

bool is_whole_number(std::string_view cell) {
  const auto number = parse_number(cell);
  return number && *number >= 0 && *number == std::floor(*number);
}

// Returns whether a row is "150,4,setosa,versicolor,virginica" above rows with 4 + 1 cells.
bool is_scikit_learn_header(const CsvRow& first, const CsvRow* second) {
  if (second == nullptr || first.size() < 3 || !is_whole_number(first.cell(0)) ||
      !is_whole_number(first.cell(1))) {
    return false;
  }
  for (std::size_t i = 2; i < first.size(); ++i)
    if (first.cell(i).empty() || parse_number(first.cell(i))) return false;
  for (std::size_t i = 0; i < second->size(); ++i)
    if (!parse_number(second->cell(i))) return false;
  return static_cast<double>(second->size()) == *parse_number(first.cell(1)) + 1;
}

// Returns whether a row is 0, 1, 2, …, as pandas names columns, perhaps after an empty cell above
// row numbers.
bool counts_columns(const CsvRow& row) {
  const std::size_t begin = row.cell(0).empty() ? 1 : 0;
  if (row.size() < begin + 3) return false;  // "0,1" may well be data
  for (std::size_t i = begin; i < row.size(); ++i)
    if (row.cell(i) != std::to_string(i - begin)) return false;
  return true;
}

// Returns whether a cell is no name, since a row of data has it where a number is missing.
bool is_missing_word(std::string_view cell) {
  static const std::vector<std::string> missing_words = {"na", "n/a", "nan", "null", "none"};
  return std::ranges::none_of(cell,
                              [](char c) { return std::isalpha(static_cast<unsigned char>(c)); }) ||
         std::ranges::count(missing_words, to_lower(cell)) > 0;
}

// Returns whether a cell is the target's name, and not a column's index.
bool is_name_of_target(std::string_view cell, std::size_t columns, const std::string& target) {
  if (cell != target || cell.empty()) return false;
  const auto index = parse_number(cell);
  return !index || std::abs(*index) >= static_cast<double>(columns);
}

// Returns whether a row has at least three whole numbers, each one more than the one before, as
// years above columns.
bool counts_up(const CsvRow& row) {
  if (row.size() < 3 || !is_whole_number(row.cell(0))) return false;
  const double first = *parse_number(row.cell(0));
  for (std::size_t i = 1; i < row.size(); ++i) {
    const auto number = parse_number(row.cell(i));
    if (!number || *number != first + static_cast<double>(i)) return false;
  }
  return true;
}

bool is_header(const CsvRow& first, const CsvRow* second, const DataOptions& options) {
  if (options.header != "auto") return options.header == "yes";
  bool text = false, number = false, above_number = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string_view cell = first.cell(i);
    const bool may_be_name = second != nullptr || !parse_number(cell);
    if (may_be_name && is_name_of_target(cell, first.size(), options.target)) return true;
    if (parse_number(cell)) {
      number = true;
    } else if (!cell.empty()) {
      text = true;
      above_number = above_number || (!is_missing_word(cell) && second != nullptr &&
                                      i < second->size() && parse_number(second->cell(i)));
    }
  }
  return text && (!number || above_number);
}

std::vector<std::string> split_target(std::string_view list) {
  std::vector<std::string> names;
  while (true) {
    names.emplace_back(trimmed(list.substr(0, list.find(','))));
    if (list.find(',') == std::string_view::npos) return names;
    list.remove_prefix(list.find(',') + 1);
  }
}

}  // namespace

TableHeader find_header(const std::string& file, const CsvRow& first, const CsvRow* second,
                        const DataOptions& options) {
  TableHeader header;
  if (options.header == "auto" && is_scikit_learn_header(first, second)) {
    header.is_skipped = true;
    for (std::size_t i = 0; i < second->size(); ++i) header.names.push_back(std::to_string(i));
    return header;
  }
  header.counts_columns = options.header == "auto" && second != nullptr && counts_columns(first);
  header.is_row = header.counts_columns || is_header(first, second, options);
  header.may_be_names = !header.is_row && options.header == "auto" && counts_up(first);
  header.has_row_names = header.is_row && second != nullptr && second->size() == first.size() + 1 &&
                         !second->cell(second->size() - 1).empty();
  if (header.has_row_names) header.names.emplace_back();
  for (std::size_t i = 0; i < first.size(); ++i) {
    header.names.push_back(header.is_row ? std::string(first.cell(i)) : std::to_string(i));
  }
  header.ends_with_delimiter =
      header.is_row && header.names.size() > 1 && header.names.back().empty();
  // A column without a name keeps an empty one only at the front, where it names the rows.
  for (std::size_t i = 1; i < header.names.size(); ++i)
    if (header.names[i].empty()) header.names[i] = fmt::format("column {}", i);
  for (const std::string& name : header.names) {
    if (!is_utf8(name)) throw_data_error(file + ": the header is not UTF-8");
  }
  return header;
}

std::optional<std::size_t> find_column(const std::string& file,
                                       const std::vector<std::string>& names,
                                       const std::string& name) {
  const auto named = std::ranges::find(names, name);
  if (named != names.end()) {
    if (std::count(named, names.end(), name) > 1) {
      throw_data_error(
          fmt::format("{}: more than one column is named {}", file, quote_for_message(name)));
    }
    return named - names.begin();
  }
  std::int64_t index = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (name.empty() || fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
  const auto count = static_cast<std::int64_t>(names.size());
  if (index < -count || index >= count) return std::nullopt;
  return static_cast<std::size_t>(index < 0 ? index + count : index);
}

std::vector<std::size_t> find_targets(const std::string& file,
                                      const std::vector<std::string>& names,
                                      const std::string& target) {
  std::vector<std::string> wanted;
  if (target.empty()) {
    for (const std::string& name : names) {
      const std::string word = to_lower(name);
      if (word == "target" || word == "label" || word == "class") wanted.push_back(name);
    }
    if (wanted.size() > 1) {
      throw_data_error(fmt::format("{}: {} could each be the target (choose one: --target {})",
                                   file, join(wanted, " and "), quote_for_shell(wanted[0])));
    }
  } else if (find_column(file, names, target)) {
    wanted = {target};
  } else {
    wanted = split_target(target);
  }
  std::vector<std::size_t> targets;
  for (const std::string& name : wanted) {
    const auto column = find_column(file, names, name);
    if (!column) {
      throw_data_error(fmt::format("{}: there is no target column {}{}", file,
                                   quote_for_message(name), column_hint(name, names)));
    }
    if (std::ranges::count(targets, *column) > 0) {
      throw_data_error(
          fmt::format("{}: the target column {} is listed twice", file, quote_for_message(name)));
    }
    targets.push_back(*column);
  }
  if (targets.size() == names.size())
    throw_data_error(file + ": all columns are targets, so no column is left for features");
  return targets;
}

void throw_missing_columns(const std::string& file, const std::vector<std::string>& missing,
                           const std::vector<std::string>& columns, bool may_lack_header) {
  const std::string header_hint =
      may_lack_header
          ? "\n  the first row counts as the names of the columns; --header no reads it as data, "
            "with the columns in the order of training"
          : "";
  if (missing.size() == 1) {
    throw_data_error(fmt::format("{}: there is no column {}, which the model needs{}{}", file,
                                 quote_for_message(missing[0]), column_hint(missing[0], columns),
                                 header_hint));
  }
  std::vector<std::string> listed;
  for (std::size_t i = 0; i < std::min(missing.size(), kMaxListedColumns); ++i) {
    const std::string nearest = nearest_name(missing[i], columns);
    listed.push_back(
        quote_for_message(missing[i]) +
        (nearest.empty() ? "" : " (did you mean " + quote_for_message(nearest) + "?)"));
  }
  if (missing.size() > listed.size())
    listed.push_back(fmt::format("{} more", missing.size() - listed.size()));
  throw_data_error(fmt::format("{}: these columns, which the model needs, are absent: {}{}", file,
                               join(listed, ", "), header_hint));
}

std::string column_hint(const std::string& name, const std::vector<std::string>& columns) {
  for (const std::string& column : columns) {
    if (to_lower(column) == to_lower(name))
      return fmt::format(" (did you mean {}?)", quote_for_message(column));
  }
  if (columns.size() <= kMaxListedColumns) return suggestion(name, columns);
  const std::string nearest = nearest_name(name, columns);
  return nearest.empty() ? fmt::format(" (the table has {} columns)", columns.size())
                         : fmt::format(" (did you mean {}?)", quote_for_message(nearest));
}

}  // namespace selfnorm
