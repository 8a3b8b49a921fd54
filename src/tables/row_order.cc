// SPDX-License-Identifier: Apache-2.0
#include "tables/row_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/index.h"
#include "tables/table_columns.h"

namespace selfnorm {

std::vector<std::int32_t> groups_of(const ColumnCells& cells) {
  std::vector<std::int32_t> groups = cells.codes();
  auto next = static_cast<std::int32_t>(cells.words().size());
  for (std::int32_t& group : groups)
    if (group == ColumnCells::kMissing) group = next++;
  return groups;
}

bool has_ambiguous_days(const ColumnCells& cells) {
  const auto is_ambiguous = [](const std::string& word) {
    return parse_cell(word, CellFormat::day_month) && parse_cell(word, CellFormat::month_day);
  };
  return !cells.words().empty() && std::ranges::all_of(cells.words(), is_ambiguous);
}

TableTimes times_of(const ColumnCells& cells, const std::string& format_name) {
  TableTimes times;
  const auto add = [&](std::optional<double> value, std::int64_t row, const std::string& cell) {
    times.values.push_back(value.value_or(0));
    if (!value && !times.fault) times.fault = CellFault{row, cell, "a time"};
  };
  if (!cells.has_words()) {
    for (const double number : cells.numbers()) {
      const auto value = std::isnan(number) ? std::nullopt : std::optional(number);
      add(value, std::ssize(times.values), "");
    }
    return times;
  }
  CellFormat format = likely_time_format(cells);
  const auto count = [&](CellFormat each) {
    return std::ranges::count_if(
        cells.words(), [&](const std::string& word) { return parse_cell(word, each).has_value(); });
  };
  if (count(CellFormat::plain) > count(format)) format = CellFormat::plain;
  if (const auto given = format_named(format_name)) format = *given;
  std::vector<std::optional<double>> values;
  for (const std::string& word : cells.words()) values.push_back(parse_cell(word, format));
  for (const std::int32_t code : cells.codes()) {
    const bool is_missing = code == ColumnCells::kMissing;
    add(is_missing ? std::nullopt : values[as_index(code)], std::ssize(times.values),
        is_missing ? "" : cells.words()[as_index(code)]);
  }
  return times;
}

std::vector<std::string> texts_of(const ColumnCells& cells) {
  std::vector<std::string> texts;
  texts.reserve(as_index(cells.size()));
  for (const double number : cells.numbers())
    texts.push_back(std::isnan(number) ? "" : fmt::format("{}", number));
  for (const std::int32_t code : cells.codes())
    texts.push_back(code == ColumnCells::kMissing ? "" : cells.words()[as_index(code)]);
  return texts;
}

}  // namespace selfnorm
