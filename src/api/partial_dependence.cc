// SPDX-License-Identifier: Apache-2.0
#include "api/partial_dependence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>

#include "base/index.h"
#include "data/gather.h"
#include "data/split.h"
#include "tables/column_encoding.h"
#include "train/evaluator.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxValues = 20;

/// A value of a column: its name or number, and the numbers of its group.
struct ColumnValue {
  Json name;
  std::vector<float> numbers;
};

// Returns evenly spaced ranks of the values that occur, without repetition.
std::vector<float> quantiles_of(const Dataset& data, const ColumnGroup& group) {
  const Field& field = data.inputs[group.input];
  const auto& values = std::get<std::vector<float>>(field.values);
  const auto width = as_index(elements(field.sample_shape));
  std::vector<float> present;
  for (std::size_t i = group.columns[0]; i < values.size(); i += width)
    if (std::isfinite(values[i])) present.push_back(values[i]);
  std::ranges::sort(present);
  std::vector<float> chosen;
  for (std::size_t i = 0; i < kMaxValues && !present.empty(); ++i)
    chosen.push_back(present[i * (present.size() - 1) / (kMaxValues - 1)]);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

// A category has 1 in its place. Two categories without missing cells are one number, 0 or 1.
std::vector<ColumnValue> values_of_categories(const TableColumn& column, std::size_t count) {
  std::vector<ColumnValue> values;
  for (std::size_t k = 0; k < std::min(column.categories.size(), kMaxValues); ++k) {
    std::vector<float> numbers(count, 0);
    if (is_one_number(column)) numbers[0] = static_cast<float>(k);
    else numbers.at(k) = 1;
    values.push_back({column.categories[k], numbers});
  }
  return values;
}

// Returns the values of a column, or none for a kind that has no values of this form.
std::vector<ColumnValue> values_of(const Dataset& data, const ColumnGroup& group,
                                   const TableColumn& column) {
  std::vector<ColumnValue> values;
  if (column.kind == "category") return values_of_categories(column, group.columns.size());
  if (column.kind != "number" && column.kind != "ordinal") return values;
  for (const float value : quantiles_of(data, group)) {
    std::vector<float> numbers(group.columns.size(), 0);  // the second one marks missing cells
    numbers[0] = value;
    const auto rank = static_cast<std::size_t>(std::max(value, 0.0F));
    const bool is_word = column.kind == "ordinal" && rank < column.categories.size();
    Json name =
        is_word ? Json(column.categories[rank]) : Json(static_cast<double>(value) + column.origin);
    values.push_back({std::move(name), std::move(numbers)});
  }
  return values;
}

void set_in_all_rows(const ColumnGroup& group, const std::vector<float>& numbers, Field& field) {
  auto& values = std::get<std::vector<float>>(field.values);
  const auto width = as_index(elements(field.sample_shape));
  for (std::size_t row = 0; row < values.size(); row += width)
    for (std::size_t k = 0; k < numbers.size(); ++k) values[row + group.columns[k]] = numbers[k];
}

/// An output of the network that is shown.
struct ShownOutput {
  std::string name;
  std::size_t index;
};

// Of two classes, one is enough.
std::vector<ShownOutput> shown_outputs(const Targets& targets, std::size_t width) {
  constexpr std::size_t kMaxShown = 8;
  const bool are_classes = !targets.classes.empty();
  std::vector<std::string> names = are_classes ? targets.class_names : targets.columns;
  if (names.size() != width) names = {targets.name};
  if (names.size() != width) return {};
  std::vector<std::size_t> order(width), counts(width, 0);
  std::iota(order.begin(), order.end(), 0);
  for (const std::int32_t label : targets.classes)
    if (label >= 0 && as_index(label) < width) ++counts[as_index(label)];
  if (are_classes && width == 2) order = {1};
  if (order.size() > kMaxShown) {
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](std::size_t i) { return counts[i]; });
    order.resize(kMaxShown);
  }
  std::vector<ShownOutput> shown;
  for (const std::size_t i : order) shown.push_back({names[i], i});
  return shown;
}

double mean_of(std::span<const float> outputs, std::size_t width, std::size_t index) {
  const std::size_t rows = outputs.size() / width;
  double sum = 0;
  for (std::size_t row = 0; row < rows; ++row)
    sum += static_cast<double>(outputs[row * width + index]);
  return sum / static_cast<double>(rows);
}

const TableColumn* find_column(const Dataset& data, const std::string& name) {
  const auto found = std::ranges::find(data.table, name, &TableColumn::name);
  return found == data.table.end() ? nullptr : &*found;
}

}  // namespace

void add_partial_dependence(const NamedRows& named_rows, TrainedModel& model,
                            const std::vector<ColumnGroup>& columns, Json& document) {
  constexpr std::size_t kRows = 300, kMaxColumns = 6;
  Dataset few = select_rows(named_rows.data, evenly_spaced_rows(named_rows.rows, kRows));
  few.folds.clear();  // predictions of the whole ensemble
  const std::vector<std::int64_t> rows = all_rows(few.rows);
  Evaluator evaluator(model, {.prediction = true});
  const auto width = as_index(evaluator.output_width());
  const std::vector<ShownOutput> outputs = shown_outputs(named_rows.data.targets, width);
  Json list = Json::array();
  for (const ColumnGroup& group : columns) {
    const TableColumn* column = find_column(few, group.name);
    if (column == nullptr || list.size() == kMaxColumns || outputs.empty()) continue;
    const std::vector<ColumnValue> values = values_of(few, group, *column);
    if (values.size() < 2) continue;
    Json names = Json::array(), series = Json::array();
    for (const ShownOutput& output : outputs)
      series.push_back({{"name", output.name}, {"values", Json::array()}});
    Field& field = few.inputs[group.input];
    const Field before = field;
    for (const ColumnValue& value : values) {
      set_in_all_rows(group, value.numbers, field);
      const std::vector<float> predicted = evaluator.outputs(few, rows);
      names.push_back(value.name);
      for (std::size_t i = 0; i < outputs.size(); ++i)
        series[i]["values"].push_back(number(mean_of(predicted, width, outputs[i].index)));
    }
    field = before;
    list.push_back({{"name", group.name}, {"values", names}, {"series", series}});
  }
  if (list.empty()) return;
  document["dependence"] = {
      {"of", named_rows.name},
      {"what", named_rows.data.targets.classes.empty() ? "prediction" : "probability"},
      {"columns", list}};
}

}  // namespace selfnorm
