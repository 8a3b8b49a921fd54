// SPDX-License-Identifier: Apache-2.0
#include "tables/feature_column.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "tables/column_encoding.h"

namespace selfnorm {

bool is_from_table(const Dataset& data) {
  return std::ranges::none_of(data.inputs, &std::vector<std::string>::empty, &Field::sources);
}

std::unordered_map<std::string_view, ColumnPlace> places_of_columns(const Dataset& data) {
  std::unordered_map<std::string_view, ColumnPlace> places;
  for (const Field& field : data.inputs) {
    for (std::size_t i = 0; i < field.sources.size(); ++i) {
      ColumnPlace& place =
          places.try_emplace(field.sources[i], ColumnPlace{&field, i, 0}).first->second;
      if (place.field == &field) ++place.count;
    }
  }
  return places;
}

FeatureColumn::FeatureColumn(const ColumnPlace& place, const TableColumn& column)
    : column_(column),
      values_(std::get<std::vector<float>>(place.field->values)),
      width_(place.field->columns.size()),
      begin_(place.begin),
      count_(place.count) {}

bool FeatureColumn::is_missing(std::int64_t row) const {
  if (column_.marks_missing) return at(row, count_ - 1) == 1;
  if (is_embedded(column_)) return at(row, 0) == 0;
  return std::isnan(at(row, 0));
}

std::int64_t FeatureColumn::category(std::int64_t row) const {
  if (is_embedded(column_)) return category_of_token_id(at(row, 0));
  const bool is_one_hot = column_.kind == "category" && !is_one_number(column_);
  if (!is_one_hot) return std::isnan(at(row, 0)) ? -1 : std::llround(at(row, 0));
  for (std::size_t i = 0; i < count_ - (column_.marks_missing ? 1 : 0); ++i)
    if (at(row, i) == 1) return static_cast<std::int64_t>(i);
  return -1;
}

}  // namespace selfnorm
