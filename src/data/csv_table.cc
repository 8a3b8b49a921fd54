// SPDX-License-Identifier: Apache-2.0
#include "data/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/text.h"
#include "data/byte_reader.h"
#include "data/targets.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxListedColumns = 20;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_missing(std::string_view cell) {
  static const std::vector<std::string> missing_words = {"", "na", "n/a", "nan", "null", "?"};
  return cell.size() <= 4 && std::ranges::count(missing_words, to_lower(cell)) > 0;
}

// Returns a hint for an unknown column. A wide table has too many columns to list.
std::string column_hint(const std::string& name, const std::vector<std::string>& columns) {
  if (columns.size() <= kMaxListedColumns) return suggestion(name, columns);
  const std::string nearest = nearest_name(name, columns);
  return nearest.empty() ? fmt::format(" (the table has {} columns)", columns.size())
                         : fmt::format(" (did you mean {}?)", quote_for_message(nearest));
}

// Parses the whole cell as a number. Returns infinity if the number is too large for a double, 0 if
// it is too small, and nothing if the cell is not a number.
std::optional<double> parse_number(std::string_view cell) {
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  double value = 0;
  const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || cell.empty()) return std::nullopt;
  if (fault == std::errc::result_out_of_range) {
    return cell.find_first_of("eE") != cell.npos && cell.find('-', 1) != cell.npos ? 0 : HUGE_VAL;
  }
  return fault == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string_view CsvRow::cell(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return trimmed(std::string_view(text_).substr(begin, ends_[i] - begin));
}

std::string CsvTable::cell_location(std::int64_t line, std::size_t column) const {
  if (has_header_)
    return fmt::format("{}:{}, column {}", file_, line, quote_for_message(columns_[column]));
  return fmt::format("{}:{}, column {} (from 0)", file_, line, column);
}

bool CsvTable::is_header(const CsvRow& row) const {
  if (options_.header != "auto") return options_.header == "yes";
  bool text = false, number = false, target = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string_view cell = row.cell(i);
    if (parse_number(cell)) number = true;
    else if (!is_missing(cell)) text = true, target = target || cell == options_.target;
  }
  return text && (!number || target);
}

std::optional<std::size_t> CsvTable::find_column(const std::string& name) const {
  const auto named = std::ranges::find(columns_, name);
  if (named != columns_.end()) {
    if (std::count(named, columns_.end(), name) > 1) {
      throw_data_error(
          fmt::format("{}: more than one column is named {}", file_, quote_for_message(name)));
    }
    return named - columns_.begin();
  }
  std::int64_t index = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (name.empty() || fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
  const auto count = static_cast<std::int64_t>(columns_.size());
  if (index < -count || index >= count) return std::nullopt;
  return static_cast<std::size_t>(index < 0 ? index + count : index);
}

void CsvTable::find_targets() {
  std::vector<std::string> names;
  if (options_.target.empty()) {
    for (const std::string& name : columns_) {
      const std::string word = to_lower(name);
      if (word == "target" || word == "label" || word == "class") names.push_back(name);
    }
    if (names.size() > 1) {
      throw_data_error(fmt::format("{}: {} could each be the target (choose one: target = \"…\")",
                                   file_, join(names, " and ")));
    }
  } else if (find_column(options_.target)) {
    names = {options_.target};
  } else {
    std::string_view rest = options_.target;
    while (true) {
      names.emplace_back(trimmed(rest.substr(0, rest.find(','))));
      if (rest.find(',') == std::string_view::npos) break;
      rest.remove_prefix(rest.find(',') + 1);
    }
  }
  for (const std::string& name : names) {
    const auto column = find_column(name);
    if (!column) {
      throw_data_error(fmt::format("{}: there is no target column {}{}", file_,
                                   quote_for_message(name), column_hint(name, columns_)));
    }
    if (is_target_[*column]) {
      throw_data_error(
          fmt::format("{}: the target column {} is listed twice", file_, quote_for_message(name)));
    }
    is_target_[*column] = true;
    labels_.push_back({*column, {}});
  }
  if (labels_.size() == columns_.size())
    throw_data_error(file_ + ": all columns are targets, so no column is left for features");
}

void CsvTable::first_row(const CsvRow& row) {
  has_header_ = is_header(row);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (has_header_ && !is_utf8(row.cell(i))) {
      throw_data_error(
          fmt::format("{}: the name of column {} is not UTF-8 (save the file as UTF-8)", file_, i));
    }
    columns_.push_back(has_header_ ? std::string(row.cell(i)) : std::to_string(i));
  }
  is_target_.assign(columns_.size(), false);
  find_targets();
}

float CsvTable::feature(std::string_view cell, std::int64_t line, std::size_t column) const {
  if (const auto number = parse_number(cell)) {
    if (std::abs(*number) <= std::numeric_limits<float>::max()) return static_cast<float>(*number);
    if (!std::isnan(*number)) {
      throw_data_error(fmt::format("{}: expected a number within 32-bit range, got {}",
                                   cell_location(line, column), quote_for_message(cell)));
    }
  }
  if (is_missing(cell)) {
    throw_data_error(
        fmt::format("{}: expected a number, got a missing value {} (fill the cell or drop the row, "
                    "since missing features are not imputed)",
                    cell_location(line, column), quote_for_message(cell)));
  }
  throw_data_error(fmt::format(
      "{}: expected a number, got {} ({})", cell_location(line, column), quote_for_message(cell),
      labels_.empty()
          ? "if this is the target, set it with --target or `target` in [data]; features must be "
            "numbers"
          : "features must be numbers, so encode or drop this column"));
}

void CsvTable::row(const CsvRow& row, std::int64_t line) {
  if (columns_.empty()) {
    first_row(row);
    if (has_header_) return;
  }
  if (row.size() != columns_.size()) {
    throw_data_error(fmt::format("{}:{}: expected {} cells as in the first row, got {}", file_,
                                 line, columns_.size(), row.size()));
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!is_target_[i]) features_.push_back(feature(row.cell(i), line, i));
  }
  for (Labels& labels : labels_) {
    if (!options_.read_targets) break;
    const std::string_view cell = row.cell(labels.column);
    if (!is_utf8(cell)) {
      throw_data_error(cell_location(line, labels.column) +
                       ": the label is not UTF-8 (save the file as UTF-8)");
    }
    labels.cells.emplace_back(is_missing(cell) ? std::string_view() : cell);
  }
  lines_.push_back(line);
}

double CsvTable::label(std::string_view cell, std::int64_t line, std::size_t column) const {
  if (cell.empty()) return kMissing;
  if (const auto number = parse_number(cell)) return *number;
  throw_data_error(fmt::format("{}: expected a number as the target, got {}",
                               cell_location(line, column), quote_for_message(cell)));
}

Targets CsvTable::one_target(const Labels& labels) const {
  const RowLocator where = [&](std::int64_t row) {
    return cell_location(lines_[static_cast<std::size_t>(row)], labels.column);
  };
  const bool text = std::ranges::any_of(
      labels.cells, [](const std::string& cell) { return !cell.empty() && !parse_number(cell); });
  if (text) return text_targets(columns_[labels.column], labels.cells, options_.task, where);
  std::vector<double> numbers;
  for (const std::string& cell : labels.cells) numbers.push_back(label(cell, 0, labels.column));
  return number_targets(columns_[labels.column], numbers, options_.task, where);
}

Targets CsvTable::several_targets() const {
  std::vector<std::string> names;
  Targets all{"", {}, {}, {}, static_cast<std::int64_t>(labels_.size())};
  all.values.resize(lines_.size() * labels_.size());
  for (std::size_t task = 0; task < labels_.size(); ++task) {
    const Labels& labels = labels_[task];
    names.push_back(columns_[labels.column]);
    for (std::size_t row = 0; row < lines_.size(); ++row) {
      const double value = label(labels.cells[row], lines_[row], labels.column);
      if (std::abs(value) > std::numeric_limits<float>::max()) {
        throw_data_error(fmt::format("{}: expected a target within 32-bit range, got {}",
                                     cell_location(lines_[row], labels.column), value));
      }
      all.values[row * labels_.size() + task] = static_cast<float>(value);
    }
  }
  all.name = join(names, ",");
  all.columns = std::move(names);
  return all;
}

Dataset CsvTable::dataset() {
  if (lines_.empty()) {
    throw_data_error(file_ + (has_header_ ? ": has a header but no rows" : ": has no rows"));
  }
  Field field{"features", {static_cast<std::int64_t>(columns_.size() - labels_.size())}, {}};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!is_target_[i]) field.columns.push_back(columns_[i]);
  }
  field.values = std::move(features_);
  Dataset data{std::filesystem::path(file_).filename().string(), rows(), {}, {}};
  data.inputs.push_back(std::move(field));
  if (!options_.read_targets) return data;
  if (labels_.size() == 1) data.targets = one_target(labels_.front());
  else if (!labels_.empty()) data.targets = several_targets();
  return data;
}

}  // namespace selfnorm
