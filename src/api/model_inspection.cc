// SPDX-License-Identifier: Apache-2.0
#include "api/model_inspection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/random.h"
#include "data/gather.h"
#include "data/split.h"
#include "report/heat_map.h"
#include "train/evaluator.h"

namespace selfnorm {
namespace {

// Returns at most `max_count` of the rows, evenly spaced, as a data set.
Dataset select_evenly(const NamedRows& named_rows, std::size_t max_count) {
  return select_rows(named_rows.data, evenly_spaced_rows(named_rows.rows, max_count));
}

// Gives each row the numbers of a column of the table in another row.
void shuffle_group(const ColumnGroup& group, Field& field) {
  auto& values = std::get<std::vector<float>>(field.values);
  const std::vector<float> before = values;
  const auto width = static_cast<std::size_t>(elements(field.sample_shape));
  const auto rows = static_cast<std::int64_t>(values.size() / width);
  const auto order =
      permutation(random_key(1, "importance", std::to_string(group.columns.front())), rows);
  for (std::size_t row = 0; row < order.size(); ++row) {
    for (const std::size_t column : group.columns)
      values[row * width + column] = before[static_cast<std::size_t>(order[row]) * width + column];
  }
}

std::string column_name(const Field& field, std::size_t column) {
  return column < field.columns.size() ? field.columns[column] : std::to_string(column);
}

// Returns the smallest and the largest value of one of two columns, extended by a tenth of the
// range at both ends.
std::pair<double, double> range_of(const std::vector<float>& values, std::size_t column) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t i = column; i < values.size(); i += 2) {
    low = std::min<double>(low, values[i]);
    high = std::max<double>(high, values[i]);
  }
  const double room = high > low ? 0.1 * (high - low) : 1;
  return {low - room, high + room};
}

}  // namespace

std::vector<ColumnGroup> add_permutation_importance(const NamedRows& named_rows,
                                                    TrainedModel& model, Json& document) {
  constexpr std::size_t kRows = 1000, kMaxImportanceColumns = 200;
  std::vector<ColumnGroup> groups = column_groups(named_rows.data);
  if (groups.empty() || groups.size() > kMaxImportanceColumns) return {};
  Dataset few = select_evenly(named_rows, kRows);
  const std::vector<std::int64_t> rows = all_rows(few.rows);
  Evaluator evaluator(model, {.loss = true});
  const double loss = evaluator.score(few, rows)[0].second;
  if (!std::isfinite(loss)) return {};
  std::vector<std::pair<double, ColumnGroup>> columns;
  for (const ColumnGroup& group : groups) {
    Field& field = few.inputs[group.input];
    const Field before = field;
    shuffle_group(group, field);
    columns.emplace_back(evaluator.score(few, rows)[0].second - loss, group);
    field = before;
  }
  std::ranges::stable_sort(columns, std::ranges::greater{}, &std::pair<double, ColumnGroup>::first);
  Json list = Json::array();
  groups.clear();
  for (const auto& [value, group] : columns) {
    list.push_back({{"name", group.name}, {"value", number(value)}});
    groups.push_back(group);
  }
  document["importance"] = {{"score", "loss"}, {"of", named_rows.name}, {"columns", list}};
  return groups;
}

void add_decision_boundary(const NamedRows& named_rows, TrainedModel& model, Json& document) {
  constexpr std::size_t kSize = 120, kPoints = 1000;
  if (named_rows.data.inputs.size() != 1 || !named_rows.data.vocabulary.empty()) return;
  const Field& field = named_rows.data.inputs[0];
  const auto classes = std::ssize(named_rows.data.targets.class_names);
  Evaluator evaluator(model, {.prediction = true});
  if (!is_row_of_numbers(field) || elements(field.sample_shape) != 2 || classes < 2) return;
  if (evaluator.output_width() != classes) return;
  const Dataset points = select_evenly(named_rows, kPoints);
  const auto& values = std::get<std::vector<float>>(points.inputs[0].values);
  const auto x = range_of(values, 0), y = range_of(values, 1);
  Dataset grid = points;
  grid.targets = {};
  grid.rows = kSize * kSize;
  std::vector<float> places;
  for (std::size_t i = 0; i < kSize * kSize; ++i) {
    const auto at = [&](const std::pair<double, double>& range, std::size_t step) {
      const double fraction = (static_cast<double>(step) + 0.5) / kSize;
      return static_cast<float>(range.first + fraction * (range.second - range.first));
    };
    places.insert(places.end(), {at(x, i % kSize), at(y, i / kSize)});
  }
  grid.inputs[0].values = std::move(places);
  const std::vector<float> made = evaluator.outputs(grid, all_rows(grid.rows));
  const auto width = static_cast<std::size_t>(classes);
  std::vector<std::uint8_t> cells;
  for (std::size_t i = 0; i < kSize * kSize; ++i) {
    const std::span<const float> of_place = std::span(made).subspan(i * width, width);
    cells.push_back(static_cast<std::uint8_t>(predicted_class(of_place)));
  }
  Json list = Json::array();
  for (std::size_t i = 0; i < points.targets.classes.size(); ++i) {
    list.push_back(Json::array({values[2 * i], values[2 * i + 1], points.targets.classes[i]}));
  }
  document["boundary"] = {{"size", kSize},
                          {"classes", base64(cells)},
                          {"x", Json::array({x.first, x.second})},
                          {"y", Json::array({y.first, y.second})},
                          {"columns", Json::array({column_name(field, 0), column_name(field, 1)})},
                          {"names", named_rows.data.targets.class_names},
                          {"points", list},
                          {"of", named_rows.name}};
}

}  // namespace selfnorm
