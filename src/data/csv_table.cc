// SPDX-License-Identifier: Apache-2.0
#include "data/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/index.h"
#include "base/text.h"
#include "data/byte_reader.h"
#include "data/column_encoding.h"
#include "data/table_columns.h"
#include "data/table_targets.h"

namespace selfnorm {
namespace {

// Returns whether a word that counts as missing is also the name of something, as Namibia's code
// NA.
bool may_be_class(const std::string& word) {
  const std::string lower = to_lower(word);
  return lower == "na" || lower == "none";
}

}  // namespace

MissingWords::MissingWords(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    words_.push_back(to_lower(word));
    longest_ = std::max(longest_, word.size());
    has_numbers_ = has_numbers_ || parse_number(word).has_value();
  }
}

bool MissingWords::contains(std::string_view cell) const {
  return cell.empty() || (cell.size() <= longest_ && is_listed(words_, to_lower(cell)));
}

CsvTable::CsvTable(std::string file, const DataOptions& options,
                   std::vector<std::size_t> word_columns)
    : file_(std::move(file)),
      options_(options),
      missing_(options.missing),
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
  throw_data_error(file_ + (header_.is_row ? ": has a header but no rows" : ": has no rows"));
}

void CsvTable::begin(const CsvRow& first, const CsvRow* second) {
  header_ = find_header(file_, first, second, options_);
  columns_.resize(header_.names.size());
  choose_columns();
  for (const std::size_t column : word_columns_) columns_[column].cells = ColumnCells(true);
  if (!header_.is_row && !header_.is_skipped) add(first, first_line_);
}

void CsvTable::choose_columns() {
  if (!options_.table.empty()) read_planned_columns();
  if (!options_.table.empty() && !options_.read_targets) return;  // `target` may be absent
  const std::pair<const char*, const std::vector<std::string>&> lists[] = {
      {"drop", options_.drop},
      {"keep", options_.keep},
      {"categorical", options_.categorical},
      {"numeric", options_.numeric}};
  for (const auto& [option, names] : lists) {
    for (const std::string& name : names) {
      if (is_listed(header_.names, name) || !options_.table.empty()) continue;
      throw_data_error(fmt::format("{}: `{}` lists the column {}, which does not exist{}", file_,
                                   option, quote_for_message(name),
                                   column_hint(name, header_.names)));
    }
  }
  targets_ = find_targets(file_, header_.names, options_.target);
  for (const std::size_t column : targets_) {
    columns_[column].is_target = true;
    columns_[column].is_read = options_.read_targets;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = header_.names[i];
    if (is_listed(options_.drop, name)) columns_[i].is_read = false;
    if (columns_[i].is_read && std::ranges::count(header_.names, name) > 1) {
      throw_data_error(
          fmt::format("{}: {} columns are named {} (rename them, or leave them out with "
                      "drop = [{}])",
                      file_, std::ranges::count(header_.names, name), quote_for_message(name),
                      quote_for_message(name)));
    }
  }
}

// Finds the columns of the plan. Without a header, columns are numbered from 0, and a table without
// targets has the columns of the plan in their order.
std::vector<std::size_t> CsvTable::planned_places() const {
  const auto is_number = [](const TableColumn& column) { return is_all_digits(column.name); };
  const bool keeps_order = !header_.is_row && options_.table.size() == columns_.size() &&
                           std::ranges::all_of(options_.table, is_number);
  std::vector<std::size_t> places;
  std::vector<std::string> lacking;
  for (std::size_t i = 0; i < options_.table.size(); ++i) {
    const TableColumn& planned = options_.table[i];
    if (planned.kind == "left out") continue;
    const auto column =
        keeps_order ? std::optional(i) : find_column(file_, header_.names, planned.name);
    if (column) places.push_back(*column);
    else lacking.push_back(planned.name);
  }
  if (lacking.empty()) return places;
  const std::string more =
      lacking.size() > 1 ? fmt::format(", and {} more are absent", lacking.size() - 1) : "";
  throw_data_error(fmt::format("{}: there is no column {}, which the model needs{}{}", file_,
                               quote_for_message(lacking[0]), more,
                               column_hint(lacking[0], header_.names)));
}

void CsvTable::read_planned_columns() {
  for (Column& column : columns_) column.is_read = false;
  const std::vector<std::size_t> places = planned_places();
  std::size_t next = 0;
  for (const TableColumn& planned : options_.table) {
    if (planned.kind == "left out") continue;
    Column& column = columns_[places[next++]];
    column.is_read = true;
    if (planned.format != "plain") column.cells = ColumnCells(true);
  }
}

void CsvTable::add(const CsvRow& row, std::int64_t line) {
  const bool ends_with_delimiter =
      row.size() == columns_.size() + 1 && row.cell(columns_.size()).empty();
  if (row.size() != columns_.size() && !ends_with_delimiter) {
    throw_data_error(fmt::format("{}:{}: expected {} cells as in the first row, got {}", file_,
                                 line, columns_.size(), row.size()));
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    if (!column.is_read) continue;
    const std::string_view cell = row.cell(i);
    if (!missing_.has_numbers() && column.cells.push_number(cell)) continue;
    if (column.cells.push_known_word(cell)) continue;
    if (!missing_.contains(cell)) {
      column.cells.push(cell);
      continue;
    }
    column.cells.push_missing();
    if (!cell.empty() && column.missing_words++ == 0) column.missing_word = cell;
  }
  lines_.push_back(line);
}

std::vector<std::size_t> CsvTable::changed_words() const {
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].cells.has_changed_words()) changed.push_back(i);
  return changed;
}

std::string CsvTable::cell_location(std::int64_t row, std::size_t column) const {
  const std::int64_t line = lines_[as_index(row)];
  if (header_.is_row)
    return fmt::format("{}:{}, column {}", file_, line, quote_for_message(header_.names[column]));
  return fmt::format("{}:{}, column {} (from 0)", file_, line, column);
}

// Leaves out rows without a class.
void CsvTable::leave_out_unlabeled(Dataset& data) {
  const Column& target = columns_[targets_[0]];
  if (target.cells.missing() == 0 || !needs_all_labels(target.cells, options_.task)) return;
  const auto has_word = [&](const Column& column) {
    return !column.is_target && to_lower(column.missing_word) == to_lower(target.missing_word);
  };
  const bool is_used_elsewhere = std::ranges::any_of(columns_, has_word);
  if (target.missing_words > 0 && may_be_class(target.missing_word) && !is_used_elsewhere) {
    reject_doubtful_missing(cell_location(first_missing(target.cells), targets_[0]),
                            target.missing_word, target.missing_words, target.cells.size());
  }
  std::vector<bool> kept;
  for (std::int64_t row = 0; row < rows(); ++row) kept.push_back(!is_missing(target.cells, row));
  data.unlabeled = target.cells.missing();
  for (Column& column : columns_)
    if (column.is_read) column.cells.select(kept);
  std::size_t to = 0;
  for (std::size_t from = 0; from < kept.size(); ++from)
    if (kept[from]) lines_[to++] = lines_[from];
  lines_.resize(to);
}

std::vector<CsvTable::PlacedColumn> CsvTable::decided_columns(const std::string& delimiter) const {
  std::vector<PlacedColumn> columns;
  if (!options_.table.empty()) {
    std::size_t next = 0;
    const std::vector<std::size_t> places = planned_places();
    for (const TableColumn& column : options_.table)
      if (column.kind != "left out") columns.emplace_back(column, places[next++]);
    return columns;
  }
  for (const bool keeps_all : {targets_.empty(), true}) {
    columns.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].is_target) continue;
      const UndecidedColumn undecided{header_.names[i], i == 0, delimiter == "semicolon",
                                      keeps_all};
      columns.emplace_back(decide_column(undecided, columns_[i].cells, options_), i);
    }
    const auto is_used = [](const PlacedColumn& each) { return each.first.kind != "left out"; };
    if (std::ranges::any_of(columns, is_used)) break;  // else all that say nothing are used
  }
  return columns;
}

Field CsvTable::features(Dataset& data, const std::string& delimiter) {
  constexpr std::size_t kMaxFaults = 5;  // of a column, that are listed
  const std::vector<PlacedColumn> columns = decided_columns(delimiter);
  Field field{"features", {}, {}};
  std::vector<std::size_t> begins;
  for (const auto& [column, place] : columns) {
    begins.push_back(field.columns.size());
    for (std::string& name : names_of_numbers(column)) {
      field.columns.push_back(std::move(name));
      field.sources.push_back(column.name);
    }
    data.table.push_back(column);
  }
  const std::size_t width = field.columns.size();
  if (width == 0) throw_no_features(file_, data.table);
  std::vector<float> numbers(lines_.size() * width);
  std::vector<std::string> faults;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& [column, place] = columns[i];
    const NumberTable table{numbers.data(), static_cast<std::int64_t>(width),
                            static_cast<std::int64_t>(begins[i])};
    for (const CellFault& fault : encode_column(column, columns_[place].cells, table, kMaxFaults))
      faults.push_back(fmt::format("{}: expected {}, got {}", cell_location(fault.row, place),
                                   fault.expected, quote_for_message(fault.cell)));
    columns_[place].cells = ColumnCells();
  }
  if (!faults.empty()) throw_cell_faults(faults);
  field.sample_shape = {static_cast<std::int64_t>(width)};
  field.values = std::move(numbers);
  return field;
}

std::vector<TargetColumn> CsvTable::target_columns() {
  std::vector<TargetColumn> targets;
  for (const std::size_t place : targets_) {
    if (!options_.read_targets) break;
    targets.push_back({header_.names[place], &columns_[place].cells,
                       [this, place](std::int64_t row) { return cell_location(row, place); }});
  }
  return targets;
}

Dataset CsvTable::dataset(const std::string& delimiter) {
  Dataset data{std::filesystem::path(file_).filename().string(), 0, {}, {}};
  const std::vector<TargetColumn> targets = target_columns();
  for (const TargetColumn& target : targets) {
    if (options_.task == "classification") break;
    read_formatted_numbers(target, delimiter == "semicolon", data.notes);
  }
  for (const TargetColumn& target : targets) {
    if (target.cells->missing() == target.cells->size())
      throw_data_error(fmt::format("{}: no row has a target '{}'", file_, target.name));
  }
  if (targets.size() == 1) leave_out_unlabeled(data);
  data.rows = rows();
  data.targets = targets_of_table(targets, options_.task);
  data.inputs.push_back(features(data, delimiter));
  data.lines = lines_;
  return data;
}

}  // namespace selfnorm
