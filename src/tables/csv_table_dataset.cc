// SPDX-License-Identifier: Apache-2.0
// Converts the cells of a table to a data set.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/index.h"
#include "base/text.h"
#include "data/split.h"
#include "files/byte_reader.h"
#include "tables/column_encoding.h"
#include "tables/csv_table.h"
#include "tables/identifiers.h"
#include "tables/row_order.h"
#include "tables/table_columns.h"
#include "tables/table_notes.h"
#include "tables/table_targets.h"

namespace selfnorm {
namespace {

constexpr const char* kFixOfCells =
    "correct the cells, list words that mean missing with --missing, or list the column with "
    "--categorical or --drop";
constexpr const char* kFixOfFeatures = "; other columns can be listed with --categorical or --drop";

// Returns whether a word that counts as missing is also the name of something, as Namibia's code
// NA.
bool may_be_class(const std::string& word) {
  const std::string lower = to_lower(word);
  return lower == "na" || lower == "none";
}

}  // namespace

std::string CsvTable::cell_location(std::int64_t row, std::size_t column) const {
  const std::int64_t line = lines_[as_index(row)];
  if (header_.is_row)
    return fmt::format("{}:{}, column {}", file_, line, quote_for_message(header_.names[column]));
  return fmt::format("{}:{}, column {} (from 0)", file_, line, column);
}

// Throws if many rows have a word that counts as missing and may be a class.
void CsvTable::reject_doubtful_classes(const Column& target) const {
  const auto is_used_elsewhere = [&](const std::string& word) {
    return std::ranges::any_of(columns_, [&](const Column& column) {
      return !column.is_target && column.missing_words.contains(to_lower(word));
    });
  };
  const bool is_only_other = target.cells.has_words() && target.cells.distinct_words() == 1;
  std::vector<std::string> doubtful;
  std::int64_t count = 0;
  for (const auto& [word, rows] : target.missing_words) {
    if (!(may_be_class(word) || is_only_other) || is_used_elsewhere(word)) continue;
    doubtful.push_back(rows.first);
    count += rows.second;
  }
  if (doubtful.empty()) return;
  reject_doubtful_missing(cell_location(first_missing(target.cells), targets_[0]), doubtful, count,
                          target.cells.size());
}

// Leaves out rows without a class.
void CsvTable::leave_out_unlabeled(const TargetColumn& labels, Dataset& data) {
  const Column& target = columns_[targets_[0]];
  if (target.cells.missing() == 0 || !needs_all_labels(labels, task())) return;
  reject_doubtful_classes(target);
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

// Whether the categories of a column with numbers of their own depend on the training rows.
bool CsvTable::depends_on_training_rows(std::size_t column) const {
  const Column& read = columns_[column];
  if (read.is_target || !read.is_read) return false;
  const bool is_chosen = choices_[column].kind == "category" || choices_[column].kind == "embedded";
  return is_chosen || read.cells.distinct_words() > static_cast<std::int64_t>(kMaxCategories);
}

// Whether a column exists only because each row ends with a delimiter.
bool CsvTable::is_after_last_delimiter(std::size_t column) const {
  const ColumnCells& cells = columns_[column].cells;
  return header_.ends_with_delimiter && column + 1 == columns_.size() &&
         cells.missing() == cells.size();
}

// The data have their targets and the order of their rows.
std::vector<CsvTable::PlacedColumn> CsvTable::decided_columns(const Dataset& data) const {
  if (!options_.table.empty()) return planned_columns();
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < columns_.size() && rows.empty(); ++i)
    if (depends_on_training_rows(i)) rows = training_rows(data, options_);
  std::vector<PlacedColumn> columns;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (!columns_[i].is_target && !is_after_last_delimiter(i))
      columns.emplace_back(TableColumn{}, i);
  for (const bool keeps_all : {targets_.empty(), true}) {
#pragma omp parallel for schedule(dynamic)
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::size_t place = columns[i].second;
      const UndecidedColumn undecided{header_.names[place],
                                      place == 0,
                                      decimal_sign_ == DecimalSign::comma,
                                      keeps_all,
                                      columns_[place].is_category,
                                      options_.embed_many,
                                      rows};
      columns[i].first = decide_column(undecided, columns_[place].cells, choices_[place]);
    }
    const auto is_used = [](const PlacedColumn& each) { return is_feature(each.first); };
    if (std::ranges::any_of(columns, is_used)) break;  // else all that say nothing are used
  }
  return columns;
}

// Returns how decimals seem to be written. A column that certainly has decimal commas or points
// decides, and else the delimiter: semicolons leave commas for decimals.
DecimalSign CsvTable::find_decimal_sign(const std::string& delimiter) const {
  bool has_points = false;
  for (const Column& column : columns_) {
    if (!column.is_read) continue;
    const DecimalSign sign = decimal_sign_of(column.cells);
    if (sign == DecimalSign::comma) return sign;
    has_points = has_points || sign == DecimalSign::point;
  }
  return has_points                 ? DecimalSign::point
         : delimiter == "semicolon" ? DecimalSign::comma
                                    : DecimalSign::unknown;
}

// Returns what a person should know about how a column was read.
std::vector<std::string> CsvTable::notes_on(const PlacedColumn& placed,
                                            const ColumnEncoder& encoder) const {
  auto [column, place] = placed;
  if (is_declared_ && column.kind == "number") column.format = "plain";
  const ReadColumn read{column, columns_[place].cells, columns_[place].missing_words.contains("-"),
                        decimal_sign_};
  if (!options_.table.empty()) return notes_on_new_column(read, encoder.unknown_categories());
  ColumnChoice choice = choices_[place];
  if (columns_[place].is_category && choice.kind.empty()) choice.kind = "category";
  return notes_on_column(read, choice);
}

// Writes the numbers of the columns, and lists the cells that cannot be read.
CsvTable::EncodedColumns CsvTable::encode(const std::vector<PlacedColumn>& columns,
                                          std::vector<float>& numbers) {
  constexpr std::size_t kMaxFaults = 5;  // of a column, that are listed
  for (const auto& [column, place] : columns)
    if (is_category(column)) columns_[place].cells.use_words();
  EncodedColumns encoded;
  std::size_t width = 0;
  for (const auto& [column, place] : columns)
    width += encoded.encoders.emplace_back(column, columns_[place].cells, is_declared_).count();
  numbers.resize(lines_.size() * width);
  for (const auto& [encoder, fault] : encode_table(encoded.encoders, rows(), numbers, kMaxFaults)) {
    const std::size_t place = columns[encoder].second;
    encoded.faults.push_back(fmt::format("{}: expected {}, got {}", cell_location(fault.row, place),
                                         fault.expected, quote_for_message(fault.cell)));
  }
  return encoded;
}

Field CsvTable::features(Dataset& data) {
  const std::vector<PlacedColumn> columns = decided_columns(data);
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
  std::vector<float> numbers;
  const auto [encoders, faults] = encode(columns, numbers);
  if (!faults.empty())
    throw_cell_faults(faults, options_.table.empty() ? kFixOfCells : kFixOfNewCells);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& [column, place] = columns[i];
    if (column.kind == "id" && options_.read_ids)
      data.ids.push_back({column.name, texts_of(columns_[place].cells)});
    std::ranges::move(notes_on(columns[i], encoders[i]), std::back_inserter(data.notes));
  }
  field.sample_shape = {static_cast<std::int64_t>(width)};
  field.values = std::move(numbers);
  return field;
}

// Adds a note if the header may be data, or the first row a header, or if new rows have names that
// training did not have.
void CsvTable::check_header(Dataset& data) const {
  const auto is_named = [&](const PlacedColumn& column) {
    return header_.names[column.second] == column.first.name;
  };
  if (!options_.table.empty() && header_.is_row &&
      !std::ranges::all_of(planned_columns(), is_named)) {
    data.notes.emplace_back(
        "the training table had no names of columns, so the columns are taken by their places");
  }
  if (!first_ || options_.header != "auto" || !options_.table.empty()) return;
  if (header_.may_be_names) {
    data.notes.push_back(fmt::format(
        "the first row begins with {}, {}, {} and is read as data; --header yes reads it as the "
        "names of the columns",
        first_->cell(0), first_->cell(1), first_->cell(2)));
  }
  if (!header_.is_row) return;
  std::vector<NamedCells> read;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].is_read) read.push_back({header_.names[i], columns_[i].cells});
  if (header_.counts_columns) {
    data.notes.emplace_back(
        "the first row is 0, 1, …, so it counts as the names of the columns; --header no reads it "
        "as data");
  }
  if (const auto note = note_possible_header(read)) data.notes.push_back(*note);
}

// Throws if the first cells of the rows, for which the header has no name, are no names of rows.
void CsvTable::check_row_names() const {
  if (!header_.has_row_names || !columns_[0].is_read) return;
  const ColumnCells& cells = columns_[0].cells;
  const bool are_distinct = cells.has_words()
                                ? cells.distinct_words() == cells.size() - cells.missing()
                                : are_all_different(cells.numbers());
  if (are_distinct || rows() == 1) return;
  throw_data_error(fmt::format(
      "{}:{}: the rows have {} cells, but the header names {} columns, and the first cells do not "
      "name the rows, since some are equal (put cells that contain the delimiter in double quotes, "
      "or name all columns)",
      file_, lines_[0], columns_.size(), columns_.size() - 1));
}

// Adds the groups and times of the rows if the options name their columns.
void CsvTable::add_order_of_rows(Dataset& data) const {
  const auto place = [&](const std::string& name) {
    return *find_column(file_, header_.names, name);
  };
  if (!options_.group.empty()) data.groups = groups_of(columns_[place(options_.group)].cells);
  if (options_.time.empty()) return;
  const std::size_t column = place(options_.time);
  const std::string& format = choices_[column].format;
  if (format.empty() && has_ambiguous_days(columns_[column].cells)) {
    throw_data_error(
        fmt::format("{}: `time`: {} may begin with the day or with the month (say which: --date "
                    "{}, or month/day/year)",
                    cell_location(0, column), quote_for_message(columns_[column].cells.words()[0]),
                    quote_for_shell(header_.names[column] + "=day/month/year")));
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

// Returns the format that the user, or a model, gives the numbers of a target, or "".
std::string CsvTable::given_format(std::size_t column) const {
  if (!choices_.empty()) return choices_[column].format;
  if (is_declared_) return "";  // numbers of such a file have a decimal point
  const std::size_t target = as_index(std::ranges::find(targets_, column) - targets_.begin());
  return options_.target_formats.size() == targets_.size() ? options_.target_formats[target] : "";
}

std::vector<TargetColumn> CsvTable::target_columns() {
  std::vector<TargetColumn> targets;
  for (const std::size_t place : targets_) {
    if (!options_.read_targets) break;
    targets.push_back({header_.names[place], &columns_[place].cells,
                       [this, place](std::int64_t row) { return cell_location(row, place); },
                       given_format(place), !given_format(place).empty()});
  }
  return targets;
}

// Throws with the faults of all columns if a target cannot be read.
void CsvTable::reject_unreadable_targets(const std::vector<TargetColumn>& targets) {
  auto [faults, fix] = find_unreadable_targets(targets, task(), !options_.table.empty());
  if (faults.empty()) return;
  Dataset unlabeled{file_, rows(), {}, {}};
  const std::vector<PlacedColumn> columns = decided_columns(unlabeled);
  std::vector<float> numbers;
  const auto more = encode(columns, numbers).faults;
  if (!more.empty() && options_.table.empty()) fix += kFixOfFeatures;
  faults.insert(faults.end(), more.begin(), more.end());
  throw_cell_faults(faults, fix);
}

// Throws if a target is missing in all rows.
void CsvTable::reject_empty_targets(const std::vector<TargetColumn>& targets) const {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].cells->missing() < targets[i].cells->size()) continue;
    const std::size_t place = targets_[i];
    const bool may_be_after_last = options_.table.empty() && !header_.is_row && place > 0 &&
                                   place + 1 == columns_.size() &&
                                   columns_[place].missing_words.empty();
    std::vector<std::string> words;
    for (const auto& [lower, word] : columns_[place].missing_words) words.push_back(word.first);
    if (!words.empty() && options_.table.empty()) {
      throw_data_error(fmt::format(
          "{}: no row has a target {}: all of its cells are missing, or {} (--not-missing {} makes "
          "these words classes)",
          file_, quote_for_message(targets[i].name), join(words, " or "),
          quote_for_shell(join(words, ","))));
    }
    throw_data_error(fmt::format(
        "{}: no row has a target {}{}", file_, quote_for_message(targets[i].name),
        may_be_after_last ? fmt::format(" (the last cell of each row is empty; --target {} is the "
                                        "column before it)",
                                        quote_for_shell(header_.names[place - 1]))
                          : ""));
  }
}

Dataset CsvTable::dataset(const std::string& delimiter) {
  Dataset data{std::filesystem::path(file_).filename().string(), 0, {}, {}};
  check_row_names();
  decimal_sign_ = find_decimal_sign(delimiter);
  std::vector<TargetColumn> targets = target_columns();
  reject_empty_targets(targets);
  for (TargetColumn& target : targets) {
    const bool is_plain = target.format.empty() || target.format == "plain";
    if (task() == "classification" && is_plain) continue;
    read_formatted_numbers(target, decimal_sign_, data.notes);
  }
  if (targets.size() == 1) leave_out_unlabeled(targets[0], data);
  data.rows = rows();
  data.has_header = first_.has_value() && header_.is_row;
  reject_unreadable_targets(targets);
  data.targets = targets_of_table(targets, task());
  if (options_.table.empty() && targets.size() == 1) check_variety(file_, targets[0], data.notes);
  if (options_.table.empty()) add_order_of_rows(data);
  data.inputs.push_back(features(data));
  check_header(data);
  data.lines = lines_;
  return data;
}

}  // namespace selfnorm
