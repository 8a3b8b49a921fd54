// SPDX-License-Identifier: Apache-2.0
#include "tables/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/index.h"
#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/column_encoding.h"
#include "tables/table_columns.h"
#include "tables/table_targets.h"

namespace selfnorm {
namespace {

// Returns the places of the names that occur once.
std::unordered_map<std::string_view, std::size_t> unique_names(
    const std::vector<std::string>& names) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<std::string_view> repeated;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!places.try_emplace(names[i], i).second) repeated.push_back(names[i]);
  for (const std::string_view name : repeated) places.erase(name);
  return places;
}

std::vector<std::string> names_of(const std::vector<TableColumn>& columns) {
  std::vector<std::string> names;
  for (const TableColumn& column : columns) names.push_back(column.name);
  return names;
}

}  // namespace

void check_table_size(const std::string& file, std::int64_t columns, std::int64_t rows) {
  constexpr std::int64_t kMaxColumns = 100'000, kMaxCells = std::int64_t{1} << 28;
  if (columns <= kMaxColumns && columns * rows <= kMaxCells) return;
  throw_data_error(fmt::format(
      "{}: row {} of {} columns: the table is too large, since absent cells are stored, too (at "
      "most {} columns and {} cells; choose columns, or read fewer rows with `limit`)",
      file, rows, columns, kMaxColumns, kMaxCells));
}

CsvTable::CsvTable(std::string file, const DataOptions& options,
                   std::vector<std::size_t> word_columns)
    : file_(std::move(file)),
      options_(options),
      missing_(missing_words(options)),
      word_columns_(std::move(word_columns)) {}

void CsvTable::row(const CsvRow& row, std::int64_t line) {
  if (!columns_.empty()) return add(row, line);
  if (!first_.has_value()) {
    first_ = row;
    first_line_ = line;
    return;
  }
  begin(*first_, &row);
  if (!complete()) add(row, line);
}

void CsvTable::finish() {
  if (columns_.empty() && first_.has_value()) begin(*first_, nullptr);
  if (!lines_.empty()) return;
  const bool has_header = header_.is_row && first_.has_value();
  throw_data_error(file_ + (has_header ? ": has a header but no rows" : ": has no rows"));
}

void CsvTable::declare(const std::vector<DeclaredColumn>& columns) {
  header_.is_row = is_declared_ = true;
  for (const DeclaredColumn& column : columns) header_.names.push_back(column.name);
  columns_.resize(columns.size());
  choose_columns();
  for (const std::size_t column : word_columns_) columns_[column].cells = ColumnCells(true);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    // The plan of a model says how its columns are read.
    if (!columns[i].is_category || (!options_.table.empty() && !columns_[i].is_target)) continue;
    columns_[i].is_category = true;
    std::vector<std::string> categories = columns[i].categories;
    const MissingWords given(options_.missing);
    std::erase_if(categories, [&](const std::string& word) { return given.contains(word); });
    columns_[i].cells.declare_words(categories);
  }
}

// Returns the task of the options. Declared categories are classes.
std::string CsvTable::task() const {
  const bool is_category = targets_.size() == 1 && columns_[targets_[0]].is_category;
  return is_category && options_.task == "auto" ? "classification" : options_.task;
}

void CsvTable::begin(const CsvRow& first, const CsvRow* second) {
  header_ = find_header(file_, first, second, options_);
  columns_.resize(header_.names.size());
  choose_columns();
  for (const std::size_t column : word_columns_) columns_[column].cells = ColumnCells(true);
  if (!header_.is_row && !header_.is_skipped) add(first, first_line_);
}

void CsvTable::choose_columns() {
  const bool has_plan = !options_.table.empty();
  if (!has_plan) choices_ = column_choices(file_, header_.names, options_);
  const bool may_lack_targets = has_plan && !options_.read_targets;
  const bool has_target =
      !options_.target.empty() && find_column(file_, header_.names, options_.target);
  if (!may_lack_targets || has_target)
    targets_ = find_targets(file_, header_.names, options_.target);
  if (has_plan) read_planned_columns();
  if (may_lack_targets) return;
  for (const std::size_t column : targets_) {
    columns_[column].is_target = true;
    columns_[column].is_read = options_.read_targets;
    const std::string format = given_format(column);
    if (!format.empty() && format != "plain") columns_[column].cells = ColumnCells(true);
    if (options_.table.empty()) reject_choice_of_target(choices_[column], header_.names[column]);
  }
  const auto time = find_column(file_, header_.names, options_.time);
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    static const std::vector<std::string> word_kinds = {"ordinal", "time", "id", "group"};
    Column& column = columns_[i];
    const bool has_format = choices_[i].kind == "number" && !choices_[i].format.empty();
    if (is_listed(word_kinds, choices_[i].kind) || has_format) column.cells = ColumnCells(true);
    column.is_identifier = choices_[i].kind == "id";
    const bool is_needed = column.is_target || (!options_.time.empty() && time == i);
    if (choices_[i].kind == "left out" && !is_needed) column.is_read = false;
  }
  reject_repeated_names();
}

void CsvTable::reject_choice_of_target(const ColumnChoice& choice, const std::string& name) const {
  static const std::map<std::string, std::string> fixes = {{"category", "--task classification"},
                                                           {"number", "--task regression"}};
  const bool is_format = choice.kind == "number" && !choice.format.empty();
  if (choice.kind.empty() || choice.option == "columns" || is_format) return;
  const auto fix = fixes.find(choice.kind);
  throw_data_error(fmt::format("{}: `{}` lists the target {} ({})", file_, choice.option,
                               quote_for_message(name),
                               fix == fixes.end() ? "leave it out" : "use " + fix->second));
}

void CsvTable::reject_repeated_names() const {
  std::unordered_map<std::string_view, int> counts;
  for (const std::string& name : header_.names) ++counts[name];
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = header_.names[i];
    if (!columns_[i].is_read || counts[name] == 1) continue;
    throw_data_error(
        fmt::format("{}: {} columns are named {} (rename them, or leave them out with --drop {})",
                    file_, counts[name], quote_for_message(name), quote_for_shell(name)));
  }
}

// Returns the places of the columns that are not targets.
std::vector<std::size_t> CsvTable::places_of_features() const {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (std::ranges::count(targets_, i) == 0) places.push_back(i);
  return places;
}

// Finds the columns of the plan that are read. Without a header, the columns other than targets
// have the order of the plan. New rows may lack identifiers.
std::vector<CsvTable::PlacedColumn> CsvTable::planned_columns() const {
  const std::vector<std::size_t> features = places_of_features();
  const auto unique = unique_names(header_.names);
  const auto is_other_name = [&](const TableColumn& column) {
    return is_all_digits(column.name) && !unique.contains(column.name);
  };
  const auto is_number = [&](std::size_t i) { return parse_number(header_.names[i]).has_value(); };
  const bool has_other_names = std::ranges::all_of(options_.table, is_other_name) &&
                               std::ranges::none_of(features, is_number);
  const bool keeps_order =
      options_.table.size() == features.size() && (!header_.is_row || has_other_names);
  std::vector<PlacedColumn> columns;
  std::vector<std::string> lacking;
  for (std::size_t i = 0; i < options_.table.size(); ++i) {
    const TableColumn& planned = options_.table[i];
    if (planned.kind == "left out") continue;
    const auto named = unique.find(planned.name);
    auto place = keeps_order             ? std::optional(features[i])
                 : named != unique.end() ? std::optional(named->second)
                                         : find_column(file_, header_.names, planned.name);
    // A number above the column is data rather than the name of a column that the model numbers.
    if (place && header_.is_row && header_.names[*place] != planned.name &&
        parse_number(header_.names[*place])) {
      place.reset();
    }
    if (place && std::ranges::count(targets_, *place) > 0) place.reset();
    if (place) columns.emplace_back(planned, *place);
    else if (is_feature(planned)) lacking.push_back(planned.name);
  }
  if (lacking.empty()) return columns;
  if (!header_.is_row && !std::ranges::all_of(lacking, is_all_digits)) {
    throw_data_error(fmt::format(
        "{}: without a header, the {} columns of the model are needed in their order: {} (the "
        "table has {} columns; --target INDEX says which one is the target)",
        file_, options_.table.size(), join(names_of(options_.table), ", "), columns_.size()));
  }
  const bool may_lack_header = first_.has_value() && header_.is_row && columns.empty();
  throw_missing_columns(file_, lacking, header_.names, may_lack_header);
}

void CsvTable::read_planned_columns() {
  for (Column& column : columns_) column.is_read = false;
  for (const auto& [planned, place] : planned_columns()) {
    Column& column = columns_[place];
    column.is_read = true;
    const bool has_words =
        planned.format != "plain" || planned.kind == "id" || planned.kind == "ordinal";
    if (has_words) column.cells = ColumnCells(true);
    column.is_identifier = planned.kind == "id";
    // A category is not a missing cell, whatever its name is.
    if (is_category(planned)) column.cells.declare_words(planned.categories);
  }
}

void CsvTable::add_rows(const CsvBlock& rows) {
  std::size_t next = 0;
  for (; columns_.empty() && next < rows.rows(); ++next) row(rows.copy_row(next), rows.line(next));
  const auto left = as_index(options_.limit > 0 ? options_.limit - this->rows()
                                                : std::numeric_limits<std::int64_t>::max());
  const std::size_t end = next + std::min(rows.rows() - next, left);
  for (std::size_t i = next; i < end; ++i) {
    check_size(rows.row_size(i), rows.line(i), [&] { return rows.cell(i, columns_.size()); });
    lines_.push_back(rows.line(i));
  }
  constexpr std::size_t kMinRowsForThreads = 64;
#pragma omp parallel for schedule(dynamic) if (end - next > kMinRowsForThreads)
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (!columns_[column].is_read) continue;
    for (std::size_t i = next; i < end; ++i) add_cell(columns_[column], rows.cell(i, column));
  }
}

// Throws for a row of another size. A row may end with a delimiter.
template <class Cell>
void CsvTable::check_size(std::size_t size, std::int64_t line, Cell cell_after_last) const {
  if (size == columns_.size()) return;
  if (size == columns_.size() + 1 && cell_after_last().empty()) return;
  throw_data_error(fmt::format("{}:{}: expected {} cells as in the first row, got {}", file_, line,
                               columns_.size(), size));
}

void CsvTable::add(const CsvRow& row, std::int64_t line) {
  check_size(row.size(), line, [&] { return row.cell(columns_.size()); });
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].is_read) add_cell(columns_[i], row.cell(i));
  lines_.push_back(line);
}

void CsvTable::add_cell(Column& column, std::string_view cell) const {
  if (!missing_.has_numbers() && column.cells.push_number(cell)) return;
  if (column.cells.push_known_word(cell)) return;
  if (column.is_identifier || !missing_.contains(cell)) return column.cells.push(cell);
  column.cells.push_missing();
  if (cell.empty()) return;
  auto& [word, rows] = column.missing_words[to_lower(cell)];
  if (rows++ == 0) word = cell;
}

std::vector<std::size_t> CsvTable::changed_words() const {
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].cells.has_changed_words()) changed.push_back(i);
  return changed;
}

}  // namespace selfnorm
