// SPDX-License-Identifier: Apache-2.0
#include "data/column_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>

#include "base/index.h"
#include "data/byte_reader.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// The numbers of a time.
void encode_time(const TableColumn& column, double seconds, float* out) {
  const double days = seconds / kSecondsPerDay;
  *out++ = static_cast<float>(days - column.origin);
  for (const std::string& part : column.parts) {
    constexpr double kDaysPerYear = 365.2425, kDaysPerWeek = 7;
    const double period = part == "month" ? kDaysPerYear : part == "weekday" ? kDaysPerWeek : 1;
    const double angle = 2 * std::numbers::pi * std::fmod(days, period) / period;
    *out++ = static_cast<float>(std::sin(angle));
    *out++ = static_cast<float>(std::cos(angle));
  }
}

bool is_one_number(const TableColumn& column) {
  return column.categories.size() == 2 && !column.has_other && !column.marks_missing;
}

// Writes the numbers of the category with this index, or of an unknown one.
void encode_category(const TableColumn& column, std::optional<std::size_t> index, float* out) {
  if (is_one_number(column)) {
    *out = index ? static_cast<float>(*index) : static_cast<float>(kMissingNumber);
    return;
  }
  const std::size_t count = column.categories.size();
  std::fill_n(out, count + (column.has_other ? 1 : 0), 0.0f);
  if (index) out[*index] = 1;
  else if (column.has_other) out[count] = 1;
}

// Writes rows of one column, and collects the faults.
class Encoder {
 public:
  Encoder(const TableColumn& column, const NumberTable& table, std::size_t max_faults)
      : column_(column),
        count_(names_of_numbers(column).size()),
        table_(table),
        max_faults_(max_faults) {}

  void missing(std::int64_t row) {
    const bool is_one_hot = column_.kind == "category" && !is_one_number(column_);
    std::fill_n(at(row), count_, is_one_hot ? 0.0f : static_cast<float>(kMissingNumber));
    if (column_.marks_missing) at(row)[count_ - 1] = 1;
  }
  // A number, or a time in seconds.
  void number(std::int64_t row, double value) {
    if (column_.kind == "time") {
      encode_time(column_, value, at(row));
    } else {
      const double shifted = value - column_.origin;
      if (!(std::abs(shifted) <= std::numeric_limits<float>::max()))
        return fault(row, fmt::format("{}", value), "a number within 32-bit range");
      *at(row) = static_cast<float>(shifted);
    }
    mark_present(row);
  }
  void category(std::int64_t row, std::optional<std::size_t> index) {
    encode_category(column_, index, at(row));
    mark_present(row);
  }
  void fault(std::int64_t row, std::string cell, std::string expected) {
    if (faults_.size() < max_faults_)
      faults_.push_back({row, std::move(cell), std::move(expected)});
  }
  std::vector<CellFault> faults() { return std::move(faults_); }

 private:
  float* at(std::int64_t row) const { return table_.numbers + row * table_.width + table_.column; }
  void mark_present(std::int64_t row) const {
    if (column_.marks_missing) at(row)[count_ - 1] = 0;
  }

  const TableColumn& column_;
  std::size_t count_;
  NumberTable table_;
  std::size_t max_faults_;
  std::vector<CellFault> faults_;
};

}  // namespace

void check_table_column(const TableColumn& column) {
  static const std::vector<std::string> kinds = {"number", "category", "time", "left out"};
  static const std::vector<std::string> parts = {"month", "weekday", "hour"};
  const auto format = format_named(column.format);
  const bool are_parts_known = std::ranges::all_of(
      column.parts, [](const std::string& part) { return std::ranges::count(parts, part) > 0; });
  const bool is_known = std::ranges::count(kinds, column.kind) > 0 && format.has_value() &&
                        are_parts_known && std::isfinite(column.origin);
  const bool fits = is_known && is_time(*format) == (column.kind == "time") &&
                    (column.kind == "category") == !column.categories.empty();
  if (fits) return;
  throw Error(ErrorKind::model_file,
              fmt::format("schema: the column {} is not one of a table: kind {}, format {}, {} "
                          "categories",
                          quote_for_message(column.name), quote_for_message(column.kind),
                          quote_for_message(column.format), column.categories.size()));
}

std::vector<std::string> names_of_numbers(const TableColumn& column) {
  if (column.kind == "left out") return {};
  std::vector<std::string> names;
  if (column.kind == "category" && is_one_number(column)) {
    return {column.name + "=" + column.categories[1]};
  }
  if (column.kind == "category") {
    for (const std::string& category : column.categories)
      names.push_back(column.name + "=" + category);
    if (column.has_other) names.push_back(column.name + " is another");
  } else {
    names.push_back(column.name);
    for (const std::string& part : column.parts) {
      names.push_back(fmt::format("{} ({}, sine)", column.name, part));
      names.push_back(fmt::format("{} ({}, cosine)", column.name, part));
    }
  }
  if (column.marks_missing) names.push_back(column.name + " is missing");
  return names;
}

namespace {

// Writes one number or time per row. `value_of` returns nothing for a cell that is neither.
void encode_words(const TableColumn& column, const ColumnCells& cells, Encoder& encoder) {
  const CellFormat format = format_named(column.format).value_or(CellFormat::plain);
  std::vector<std::optional<double>> values;
  for (const std::string& word : cells.words()) {
    auto value = parse_cell(word, format);
    if (!value && !is_time(format)) value = parse_number(word);
    values.push_back(value);
  }
  for (std::int64_t row = 0; row < cells.size(); ++row) {
    const std::int32_t code = cells.codes()[as_index(row)];
    if (code == ColumnCells::kMissing) encoder.missing(row);
    else if (!values[as_index(code)])
      encoder.fault(row, cells.words()[as_index(code)], "a " + column.kind);
    else encoder.number(row, *values[as_index(code)]);
  }
}

void encode_numbers(const TableColumn& column, const ColumnCells& cells, Encoder& encoder) {
  for (std::int64_t row = 0; row < cells.size(); ++row) {
    const double value = cells.numbers()[as_index(row)];
    if (std::isnan(value)) encoder.missing(row);
    else if (column.kind == "time") encoder.fault(row, fmt::format("{}", value), "a time");
    else encoder.number(row, value);
  }
}

void encode_categories(const TableColumn& column, const ColumnCells& cells, Encoder& encoder) {
  std::vector<std::optional<std::size_t>> index;
  for (const std::string& word : cells.words()) {
    const auto found = std::ranges::find(column.categories, word) - column.categories.begin();
    const bool is_known = found < std::ssize(column.categories);
    index.push_back(is_known ? std::optional(as_index(found)) : std::nullopt);
  }
  for (std::int64_t row = 0; row < cells.size(); ++row) {
    const std::int32_t code = cells.codes()[as_index(row)];
    if (code == ColumnCells::kMissing) encoder.missing(row);
    else encoder.category(row, index[as_index(code)]);
  }
}

}  // namespace

std::vector<CellFault> encode_column(const TableColumn& column, const ColumnCells& cells,
                                     const NumberTable& table, std::size_t max_faults) {
  Encoder encoder(column, table, max_faults);
  if (column.kind == "category" && cells.has_words()) {
    encode_categories(column, cells, encoder);
  } else if (column.kind == "category") {
    ColumnCells words = cells;
    words.use_words();
    encode_categories(column, words, encoder);
  } else if (column.kind != "left out") {
    if (cells.has_words()) encode_words(column, cells, encoder);
    else encode_numbers(column, cells, encoder);
  }
  return encoder.faults();
}

}  // namespace selfnorm
