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
#include "data/split.h"
#include "files/byte_reader.h"
#include "tables/column_encoding.h"
#include "tables/row_order.h"
#include "tables/table_columns.h"
#include "tables/table_targets.h"

namespace selfnorm {
namespace {

// Returns whether a word that counts as missing is also the name of something, as Namibia's code
// NA.
bool may_be_class(const std::string& word) {
  const std::string lower = to_lower(word);
  return lower == "na" || lower == "none";
}

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

}  // namespace

void check_table_size(const std::string& file, std::int64_t columns, std::int64_t rows) {
  constexpr std::int64_t kMaxColumns = 100'000, kMaxCells = std::int64_t{1} << 28;
  if (columns <= kMaxColumns && columns * rows <= kMaxCells) return;
  throw_data_error(fmt::format(
      "{}: row {} of {} columns: the table is too large, since absent cells are stored, too (at "
      "most {} columns and {} cells; choose columns, or read fewer rows with `limit`)",
      file, rows, columns, kMaxColumns, kMaxCells));
}

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
  const bool has_header = header_.is_row && first_.has_value();
  throw_data_error(file_ + (has_header ? ": has a header but no rows" : ": has no rows"));
}

void CsvTable::declare(const std::vector<DeclaredColumn>& columns) {
  header_.is_row = true;
  for (const DeclaredColumn& column : columns) header_.names.push_back(column.name);
  columns_.resize(columns.size());
  choose_columns();
  for (const std::size_t column : word_columns_) columns_[column].cells = ColumnCells(true);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    // The plan of a model says how its columns are read.
    if (!columns[i].is_category || (!options_.table.empty() && !columns_[i].is_target)) continue;
    columns_[i].is_category = true;
    std::vector<std::string> categories = columns[i].categories;
    const bool is_list_given = options_.missing != DataOptions{}.missing;
    if (is_list_given)
      std::erase_if(categories, [&](const std::string& word) { return missing_.contains(word); });
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
  if (!options_.table.empty()) read_planned_columns();
  else choices_ = column_choices(file_, header_.names, options_);
  if (!options_.table.empty() && !options_.read_targets) return;  // `target` may be absent
  targets_ = find_targets(file_, header_.names, options_.target);
  for (const std::size_t column : targets_) {
    columns_[column].is_target = true;
    columns_[column].is_read = options_.read_targets;
    if (options_.table.empty()) reject_choice_of_target(choices_[column], header_.names[column]);
  }
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    static const std::vector<std::string> word_kinds = {"ordinal", "time", "id", "group"};
    Column& column = columns_[i];
    if (is_listed(word_kinds, choices_[i].kind)) column.cells = ColumnCells(true);
    column.is_identifier = choices_[i].kind == "id";
    const bool is_needed = column.is_target || header_.names[i] == options_.time;
    if (choices_[i].kind == "left out" && !is_needed) column.is_read = false;
  }
  reject_repeated_names();
}

void CsvTable::reject_choice_of_target(const ColumnChoice& choice, const std::string& name) const {
  static const std::map<std::string, std::string> fixes = {{"category", "--task classification"},
                                                           {"number", "--task regression"}};
  if (choice.kind.empty() || choice.option == "columns") return;
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
        fmt::format("{}: {} columns are named {} (rename them, or leave them out with "
                    "drop = [{}])",
                    file_, counts[name], quote_for_message(name), quote_for_message(name)));
  }
}

// Finds the columns of the plan that are read. Without a header, columns are numbered from 0, and a
// table without targets has the columns of the plan in their order. New rows may lack identifiers.
std::vector<CsvTable::PlacedColumn> CsvTable::planned_columns() const {
  const auto is_number = [](const TableColumn& column) { return is_all_digits(column.name); };
  const bool keeps_order = !header_.is_row && options_.table.size() == columns_.size() &&
                           std::ranges::all_of(options_.table, is_number);
  const auto unique = unique_names(header_.names);
  std::vector<PlacedColumn> columns;
  std::vector<std::string> lacking;
  for (std::size_t i = 0; i < options_.table.size(); ++i) {
    const TableColumn& planned = options_.table[i];
    if (planned.kind == "left out") continue;
    const auto named = unique.find(planned.name);
    const auto place = keeps_order             ? std::optional(i)
                       : named != unique.end() ? std::optional(named->second)
                                               : find_column(file_, header_.names, planned.name);
    if (place) columns.emplace_back(planned, *place);
    else if (is_feature(planned)) lacking.push_back(planned.name);
  }
  if (lacking.empty()) return columns;
  const std::string more =
      lacking.size() > 1 ? fmt::format(", and {} more are absent", lacking.size() - 1) : "";
  throw_data_error(fmt::format("{}: there is no column {}, which the model needs{}{}", file_,
                               quote_for_message(lacking[0]), more,
                               column_hint(lacking[0], header_.names)));
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
  if (!cell.empty() && column.missing_words++ == 0) column.missing_word = cell;
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
  if (target.cells.missing() == 0 || !needs_all_labels(target.cells, task())) return;
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

// Returns whether training rows may decide which categories of a column have a number.
bool CsvTable::may_have_many_categories(std::size_t column) const {
  const Column& read = columns_[column];
  if (read.is_target || !read.is_read) return false;
  const bool is_chosen = choices_[column].kind == "category" || choices_[column].kind == "embedded";
  return is_chosen || read.cells.distinct_words() > static_cast<std::int64_t>(kMaxCategories);
}

// The data have their targets and the order of their rows.
std::vector<CsvTable::PlacedColumn> CsvTable::decided_columns(const Dataset& data,
                                                              const std::string& delimiter) const {
  if (!options_.table.empty()) return planned_columns();
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < columns_.size() && rows.empty(); ++i)
    if (may_have_many_categories(i)) rows = training_rows(data, options_);
  std::vector<PlacedColumn> columns;
  for (const bool keeps_all : {targets_.empty(), true}) {
    columns.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].is_target) continue;
      const UndecidedColumn undecided{header_.names[i],
                                      i == 0,
                                      delimiter == "semicolon",
                                      keeps_all,
                                      columns_[i].is_category,
                                      options_.embed_large,
                                      rows};
      columns.emplace_back(decide_column(undecided, columns_[i].cells, choices_[i]), i);
    }
    const auto is_used = [](const PlacedColumn& each) { return is_feature(each.first); };
    if (std::ranges::any_of(columns, is_used)) break;  // else all that say nothing are used
  }
  return columns;
}

Field CsvTable::features(Dataset& data, const std::string& delimiter) {
  constexpr std::size_t kMaxFaults = 5;  // of a column, that are listed
  const std::vector<PlacedColumn> columns = decided_columns(data, delimiter);
  Field field{"features", {}, {}};
  for (const auto& [column, place] : columns) {
    for (std::string& name : names_of_numbers(column)) {
      field.columns.push_back(std::move(name));
      field.sources.push_back(column.name);
    }
    data.table.push_back(column);
  }
  const std::size_t width = field.columns.size();
  if (width == 0) throw_no_features(file_, data.table);
  for (const auto& [column, place] : columns)
    if (is_category(column)) columns_[place].cells.use_words();
  std::vector<ColumnEncoder> encoders;
  for (const auto& [column, place] : columns) encoders.emplace_back(column, columns_[place].cells);
  std::vector<float> numbers(lines_.size() * width);
  std::vector<std::string> faults;
  for (const auto& [encoder, fault] : encode_table(encoders, rows(), numbers, kMaxFaults)) {
    const std::size_t place = columns[encoder].second;
    faults.push_back(fmt::format("{}: expected {}, got {}", cell_location(fault.row, place),
                                 fault.expected, quote_for_message(fault.cell)));
  }
  for (const auto& [column, place] : columns) {
    if (column.kind == "id" && options_.read_ids)
      data.ids.push_back({column.name, texts_of(columns_[place].cells)});
  }
  if (!faults.empty()) throw_cell_faults(faults);
  field.sample_shape = {static_cast<std::int64_t>(width)};
  field.values = std::move(numbers);
  return field;
}

// Adds the groups and times of the rows if the options name their columns.
void CsvTable::add_order_of_rows(Dataset& data) const {
  const auto place = [&](const std::string& name) {
    return as_index(std::ranges::find(header_.names, name) - header_.names.begin());
  };
  if (!options_.group.empty()) data.groups = groups_of(columns_[place(options_.group)].cells);
  if (options_.time.empty()) return;
  const std::size_t column = place(options_.time);
  const std::string& format = choices_[column].format;
  if (format.empty() && has_ambiguous_days(columns_[column].cells)) {
    throw_data_error(
        fmt::format("{}: `time`: {} may begin with the day or with the month (say which: date = "
                    "[\"{}=day/month/year\"], or month/day/year)",
                    cell_location(0, column), quote_for_message(columns_[column].cells.words()[0]),
                    header_.names[column]));
  }
  const TableTimes times = times_of(columns_[column].cells, format);
  if (times.fault) {
    throw_data_error(
        fmt::format("{}: expected a time or a number, got {} (`time` orders the rows "
                    "by this column)",
                    cell_location(times.fault->row, column), quote_for_message(times.fault->cell)));
  }
  data.times = times.values;
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
    if (task() == "classification") break;
    read_formatted_numbers(target, delimiter == "semicolon", data.notes);
  }
  for (const TargetColumn& target : targets) {
    if (target.cells->missing() == target.cells->size())
      throw_data_error(fmt::format("{}: no row has a target '{}'", file_, target.name));
  }
  if (targets.size() == 1) leave_out_unlabeled(data);
  data.rows = rows();
  data.targets = targets_of_table(targets, task());
  if (options_.table.empty() && targets.size() == 1) check_variety(file_, targets[0], data.notes);
  if (options_.table.empty()) add_order_of_rows(data);
  data.inputs.push_back(features(data, delimiter));
  data.lines = lines_;
  return data;
}

}  // namespace selfnorm
