// SPDX-License-Identifier: Apache-2.0
#include "api/column_groups.h"

#include <algorithm>

namespace selfnorm {
namespace {

// Adds the groups in the order of their first numbers. A number without a source is a group.
void add_column_groups(const Field& field, std::size_t input, std::vector<ColumnGroup>& groups) {
  const auto width = static_cast<std::size_t>(elements(field.sample_shape));
  for (std::size_t column = 0; column < width; ++column) {
    const std::string name = column < field.sources.size()   ? field.sources[column]
                             : column < field.columns.size() ? field.columns[column]
                                                             : std::to_string(column);
    const bool is_same = column < field.sources.size() && !groups.empty() &&
                         groups.back().input == input && groups.back().name == name;
    if (!is_same) groups.push_back({name, input});
    groups.back().columns.push_back(column);
  }
}

}  // namespace

bool is_row_of_numbers(const Field& field) {
  return field.sample_shape.size() == 1 && std::holds_alternative<std::vector<float>>(field.values);
}

std::vector<ColumnGroup> column_groups(const Dataset& data) {
  std::vector<ColumnGroup> groups;
  if (!data.vocabulary.empty() || !std::ranges::all_of(data.inputs, is_row_of_numbers)) return {};
  for (std::size_t i = 0; i < data.inputs.size(); ++i) add_column_groups(data.inputs[i], i, groups);
  return groups;
}

}  // namespace selfnorm
