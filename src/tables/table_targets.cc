// SPDX-License-Identifier: Apache-2.0
#include "tables/table_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "base/text.h"
#include "files/byte_reader.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxListedCells = 5;  // faults of a target that are listed

bool has_format(const ColumnCells& cells, CellFormat format) {
  return std::ranges::all_of(
      cells.words(), [&](const std::string& word) { return parse_cell(word, format).has_value(); });
}

// Returns the rows of the first cells that are not numbers.
std::vector<std::int64_t> rows_of_words(const ColumnCells& cells) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < cells.size() && rows.size() < kMaxListedCells; ++row) {
    const std::int32_t code = cells.codes()[as_index(row)];
    if (code != ColumnCells::kMissing && !parse_number(cells.words()[as_index(code)]))
      rows.push_back(row);
  }
  return rows;
}

void reject_words(const TargetColumn& column, const std::string& expected, const std::string& fix) {
  std::vector<std::string> faults;
  for (const std::int64_t row : rows_of_words(*column.cells)) {
    const std::int32_t code = column.cells->codes()[as_index(row)];
    faults.push_back(fmt::format("{}: expected {}, got {}", column.locate(row), expected,
                                 quote_for_message(column.cells->words()[as_index(code)])));
  }
  if (!faults.empty()) throw_cell_faults(faults, fix);
}

// Words are an error if they cannot be classes: most cells are numbers, or numbers are required.
void check_words(const TargetColumn& column, const std::string& task, bool is_one_of_several,
                 bool is_new) {
  if (!column.cells->has_words()) return;
  const std::string fix =
      is_new ? kFixOfNewCells
             : "correct the cells, empty them, which makes them missing, or list words that mean "
               "missing with --missing";
  const std::int64_t numbers = column.cells->count_numbers();
  const std::int64_t present = column.cells->size() - column.cells->missing();
  if (task == "regression" || is_one_of_several)
    reject_words(column, "a number as the target", fix);
  if (task == "auto" && 2 * numbers > present) {
    reject_words(column, "a number as the target, since most cells are numbers",
                 fix + "; --task classification makes each different cell a class");
  }
}

std::vector<std::string> labels_of(const ColumnCells& cells) {
  std::vector<std::string> labels;
  for (const std::int32_t code : cells.codes())
    labels.push_back(code == ColumnCells::kMissing ? "" : cells.words()[as_index(code)]);
  return labels;
}

Targets several_targets(const std::vector<TargetColumn>& columns) {
  std::vector<std::string> names;
  Targets all{"", {}, {}, {}, std::ssize(columns)};
  all.values.resize(as_index(columns[0].cells->size()) * columns.size());
  for (std::size_t task = 0; task < columns.size(); ++task) {
    const TargetColumn& column = columns[task];
    names.push_back(column.name);
    for (std::int64_t row = 0; row < column.cells->size(); ++row) {
      const double value = column.cells->numbers()[as_index(row)];
      if (std::abs(value) > std::numeric_limits<float>::max()) {
        throw_data_error(fmt::format("{}: expected a target within 32-bit range, got {}",
                                     column.locate(row), value));
      }
      all.values[as_index(row) * columns.size() + task] = static_cast<float>(value);
    }
  }
  all.name = join(names, ",");
  all.columns = std::move(names);
  return all;
}

}  // namespace

void read_formatted_numbers(const TargetColumn& column, bool prefers_decimal_comma,
                            std::vector<std::string>& notes) {
  if (!column.cells->has_words()) return;
  std::vector<CellFormat> formats = {CellFormat::thousands, CellFormat::decimal_comma};
  if (prefers_decimal_comma) std::ranges::reverse(formats);
  for (const CellFormat format : formats) {
    if (!has_format(*column.cells, format)) continue;
    notes.push_back(fmt::format("target '{}': {} is read as {}", column.name,
                                quote_for_message(column.cells->words()[0]),
                                *parse_cell(column.cells->words()[0], format)));
    return column.cells->use_numbers(format);
  }
}

void check_variety(const std::string& file, const TargetColumn& column,
                   std::vector<std::string>& notes) {
  constexpr std::int64_t kManyClasses = 100;
  const ColumnCells& cells = *column.cells;
  const std::int64_t present = cells.size() - cells.missing();
  const std::int64_t words = cells.has_words() ? cells.distinct_words() : 0;
  if (words > kManyClasses && 2 * words > present) {
    throw_data_error(fmt::format(
        "{}: target '{}' has {} different words in {} rows, so most classes have a single row "
        "(name another column, or shorten its words to classes)",
        file, column.name, words, present));
  }
  bool is_constant = words == 1 && present > 1;
  std::string value;
  for (std::size_t i = 0; i < cells.words().size(); ++i)
    if (cells.counts()[i] > 0) value = cells.words()[i];
  if (!cells.has_words()) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const double x : cells.numbers())
      if (!std::isnan(x)) low = std::min(low, x), high = std::max(high, x);
    is_constant = low == high && present > 1;
    value = fmt::format("{}", low);
  }
  if (is_constant)
    notes.push_back(fmt::format("the target '{}' is {} in all rows, so there is nothing to learn",
                                column.name, value));
}

Targets targets_of_table(const std::vector<TargetColumn>& columns, const std::string& task,
                         bool is_new) {
  if (columns.empty()) return {};
  for (const TargetColumn& column : columns) check_words(column, task, columns.size() > 1, is_new);
  if (columns.size() > 1) return several_targets(columns);
  const TargetColumn& column = columns[0];
  if (column.cells->has_words())
    return text_targets(column.name, labels_of(*column.cells), task, column.locate);
  return number_targets(column.name, column.cells->numbers(), task, column.locate);
}

bool needs_all_labels(const ColumnCells& cells, const std::string& task) {
  if (task != "auto") return task == "classification";
  if (cells.has_words()) return 2 * cells.count_numbers() <= cells.size() - cells.missing();
  std::vector<double> present;
  for (const double number : cells.numbers())
    if (!std::isnan(number)) present.push_back(number);
  return look_like_classes(present);
}

bool is_missing(const ColumnCells& cells, std::int64_t row) {
  return cells.has_words() ? cells.codes()[as_index(row)] == ColumnCells::kMissing
                           : std::isnan(cells.numbers()[as_index(row)]);
}

std::int64_t first_missing(const ColumnCells& cells) {
  std::int64_t row = 0;
  while (row < cells.size() && !is_missing(cells, row)) ++row;
  return row;
}

void reject_doubtful_missing(const std::string& place, const std::string& word, std::int64_t count,
                             std::int64_t rows) {
  constexpr std::int64_t kRare = 20;  // a class has at least one row in this many
  if (kRare * count < rows) return;
  throw_data_error(fmt::format(
      "{}: {} counts as missing, but {} of {} rows have it, so it may be a class (to make it one, "
      "list the words that mean missing without it, as in --missing '?'; to leave these rows out, "
      "empty the cells)",
      place, quote_for_message(word), count, rows));
}

void throw_no_features(const std::string& file, const std::vector<TableColumn>& columns) {
  std::string text = file + ": no column is left for features";
  for (const TableColumn& column : columns)
    text += fmt::format("\n  {}: {}", quote_for_message(column.name), column.note);
  throw_data_error(text);
}

void throw_cell_faults(const std::vector<std::string>& faults, const std::string& fix) {
  throw_data_error(fmt::format("{}{} ({})",
                               faults.size() > 1 ? "these cells cannot be read:\n  " : "",
                               join(faults, "\n  "), fix));
}

}  // namespace selfnorm
