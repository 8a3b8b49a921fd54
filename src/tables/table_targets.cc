// SPDX-License-Identifier: Apache-2.0
#include "tables/table_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/index.h"
#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/table_columns.h"
#include "tables/table_notes.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxListedCells = 5;  // faults of a target that are listed

CellFormat format_of(const TargetColumn& column) {
  return format_named(column.format).value_or(CellFormat::plain);
}

// Returns the rows of the first cells that are not numbers in the column's format.
std::vector<std::int64_t> rows_of_words(const TargetColumn& column) {
  const ColumnCells& cells = *column.cells;
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < cells.size() && rows.size() < kMaxListedCells; ++row) {
    const std::int32_t code = cells.codes()[as_index(row)];
    if (code != ColumnCells::kMissing &&
        !parse_cell(cells.words()[as_index(code)], format_of(column))) {
      rows.push_back(row);
    }
  }
  return rows;
}

std::vector<std::string> faults_of_words(const TargetColumn& column, const std::string& expected) {
  std::vector<std::string> faults;
  for (const std::int64_t row : rows_of_words(column)) {
    const std::int32_t code = column.cells->codes()[as_index(row)];
    faults.push_back(fmt::format("{}: expected {}, got {}", column.locate(row), expected,
                                 quote_for_message(column.cells->words()[as_index(code)])));
  }
  return faults;
}

// Throws if 32-bit numbers would be nearly the same for all targets.
void check_resolution(const TargetColumn& column) {
  constexpr double kLargest = 1 << 23, kLeastSteps = 10;  // from the smallest to the largest
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double x : column.cells->numbers())
    if (!std::isnan(x)) low = std::min(low, x), high = std::max(high, x);
  const double size = std::max(std::abs(low), std::abs(high));
  if (!(high > low) || !std::isfinite(size) || size * kLeastSteps <= kLargest * (high - low))
    return;
  throw_data_error(fmt::format(
      "{}: the target {} is between {} and {}, where 32-bit numbers do not differ enough (subtract "
      "{} from the column)",
      column.locate(0), quote_for_message(column.name), low, high, std::floor(low)));
}

// Throws if a number that is a class may stand for several whole numbers.
void check_exact_classes(const TargetColumn& column) {
  for (std::int64_t row = 0; row < column.cells->size(); ++row) {
    const double number = column.cells->numbers()[as_index(row)];
    if (!(std::abs(number) >= kMaxExactInteger)) continue;
    throw_data_error(
        fmt::format("{}: expected a class below 9007199254740992, got {} (put a letter before "
                    "these numbers, so that they are words)",
                    column.locate(row), number));
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

void read_formatted_numbers(TargetColumn& column, DecimalSign sign,
                            std::vector<std::string>& notes) {
  const ColumnCells& cells = *column.cells;
  const auto add = [&](const std::optional<std::string>& note) {
    if (note) notes.push_back("target " + *note);
  };
  if (!cells.has_words()) {
    if (!column.is_number) add(note_on_separators(column.name, cells, CellFormat::plain, sign));
    return;
  }
  if (!column.is_number)
    column.format = format_name(likely_number_format(cells, sign == DecimalSign::comma));
  const CellFormat format = format_of(column);
  if (!have_format(cells, format)) return;
  auto note = note_on_separators(column.name, cells, format, sign);
  if (!note && format != CellFormat::plain) {
    note = fmt::format("{}: {} is read as {}", quote_for_message(column.name),
                       quote_for_message(cells.words()[0]), *parse_cell(cells.words()[0], format));
  }
  if (!column.is_number) add(note);
  add(note_on_signs(column.name, cells));
  column.cells->use_numbers(format);
}

UnreadableCells find_unreadable_targets(const std::vector<TargetColumn>& columns,
                                        const std::string& task, bool is_new) {
  UnreadableCells found;
  found.fix = is_new ? kFixOfNewCells
                     : "correct the cells, empty them, which makes them missing, or list words "
                       "that mean missing with --missing";
  for (const TargetColumn& column : columns) {
    if (!column.cells->has_words()) continue;
    const std::int64_t numbers = column.cells->count_in(format_of(column));
    const std::int64_t present = column.cells->size() - column.cells->missing();
    const bool are_mostly_numbers = task == "auto" && 2 * numbers > present;
    const bool are_several = columns.size() > 1;
    const bool is_number = column.is_number && column.format != "plain";
    if (!are_several && task != "regression" && !are_mostly_numbers && !is_number) continue;
    const std::string why = are_several      ? ", since each of several targets is a number"
                            : task == "auto" ? ", since most cells are numbers"
                                             : "";
    std::ranges::move(faults_of_words(column, "a number as the target" + why),
                      std::back_inserter(found.faults));
    if (!are_several && are_mostly_numbers && !is_number)
      found.fix += "; --task classification makes each different cell a class";
  }
  return found;
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

Targets targets_of_table(const std::vector<TargetColumn>& columns, const std::string& task) {
  if (columns.empty()) return {};
  Targets targets;
  if (columns.size() > 1) {
    targets = several_targets(columns);
  } else if (const TargetColumn& column = columns[0]; column.cells->has_words()) {
    targets = text_targets(column.name, labels_of(*column.cells), task, column.locate);
  } else {
    targets = number_targets(column.name, column.cells->numbers(), task, column.locate);
    if (!targets.classes.empty()) check_exact_classes(column);
  }
  if (targets.classes.empty()) std::ranges::for_each(columns, check_resolution);
  for (const TargetColumn& column : columns)
    targets.formats.emplace_back(format_name(format_of(column)));
  return targets;
}

bool needs_all_labels(const TargetColumn& column, const std::string& task) {
  const ColumnCells& cells = *column.cells;
  if (task != "auto") return task == "classification";
  if (cells.has_words())
    return 2 * cells.count_in(format_of(column)) <= cells.size() - cells.missing();
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

void reject_doubtful_missing(const std::string& place, const std::vector<std::string>& words,
                             std::int64_t count, std::int64_t rows) {
  constexpr std::int64_t kRare = 20;  // a class has at least one row in this many
  if (kRare * count < rows) return;
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(quote_for_message(word));
  throw_data_error(
      fmt::format("{}: {} count{} as missing, but {} of {} rows have {}, so it may be a class "
                  "(--not-missing {} "
                  "makes it one; to leave these rows out, empty the cells)",
                  place, join(quoted, " and "), words.size() == 1 ? "s" : "", count, rows,
                  words.size() == 1 ? "it" : "one of them", quote_for_shell(join(words, ","))));
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
