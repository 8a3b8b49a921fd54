// SPDX-License-Identifier: Apache-2.0
#include "tables/embedded_categories.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/index.h"
#include "base/text.h"
#include "data/check_dataset.h"
#include "data/inputs.h"
#include "tables/column_encoding.h"

namespace selfnorm {
namespace {

const TableColumn* find_embedded(const std::vector<TableColumn>& table, const std::string& name) {
  const auto found = std::ranges::find_if(
      table, [&](const TableColumn& each) { return is_embedded(each) && each.name == name; });
  return found == table.end() ? nullptr : &*found;
}

// Returns the token id of each token id of a column in another column.
std::vector<float> new_token_ids(const TableColumn& from, const TableColumn& to) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < to.categories.size(); ++i) places.emplace(to.categories[i], i);
  std::vector<float> ids = {0, static_cast<float>(token_id_of_others(to))};
  for (const std::string& category : from.categories) {
    const auto found = places.find(category);
    ids.push_back(static_cast<float>(found == places.end() ? token_id_of_others(to)
                                                           : kFirstCategory + found->second));
  }
  return ids;
}

}  // namespace

void separate_embedded_columns(Dataset& data) {
  if (std::ranges::none_of(data.table, is_embedded)) return;
  const Field table = std::move(data.inputs.front());
  data.inputs.clear();
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (find_embedded(data.table, table.sources[i]) == nullptr) others.push_back(i);
  if (!others.empty()) data.inputs.push_back(select_columns(table, others, table.name));
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (find_embedded(data.table, table.sources[i]) == nullptr) continue;
    const auto is_used = [&](const std::string& name) {
      return std::ranges::count(data.inputs, name, &Field::name) > 0;
    };
    data.inputs.push_back(select_columns(table, {i}, unused_name(table.columns[i], is_used)));
  }
}

const TableColumn* find_embedded_column(const Dataset& data, const Field& field) {
  return field.sources.size() == 1 ? find_embedded(data.table, field.sources[0]) : nullptr;
}

void check_given_dataset(const Dataset& data) {
  check_dataset(data);
  for (const Field& field : data.inputs) {
    const TableColumn* column = find_embedded_column(data, field);
    if (column != nullptr) check_token_ids(field, vocabulary_size(*column), data.name);
  }
}

std::int64_t vocabulary_size(const TableColumn& column) {
  return static_cast<std::int64_t>(kFirstCategory + column.categories.size());
}

std::vector<TableColumn> learned_categories(const Dataset& data,
                                            std::span<const std::int64_t> rows) {
  std::vector<TableColumn> table = data.table;
  for (const Field& field : data.inputs) {
    const TableColumn* column = find_embedded_column(data, field);
    if (column == nullptr) continue;
    std::vector<bool> occurs(as_index(vocabulary_size(*column)), false);
    const auto& ids = std::get<std::vector<float>>(field.values);
    for (const std::int64_t row : rows) occurs[static_cast<std::size_t>(ids[as_index(row)])] = true;
    TableColumn& learned = *std::ranges::find(table, column->name, &TableColumn::name);
    learned.categories.clear();
    for (std::size_t i = 0; i < column->categories.size(); ++i)
      if (occurs[kFirstCategory + i]) learned.categories.push_back(column->categories[i]);
    learned.has_other = occurs[1];
  }
  return table;
}

void convert_categories(const std::vector<TableColumn>& table, Dataset& data) {
  for (Field& field : data.inputs) {
    const TableColumn* from = find_embedded_column(data, field);
    const TableColumn* to = from == nullptr ? nullptr : find_embedded(table, from->name);
    if (to == nullptr || (from->categories == to->categories && from->has_other == to->has_other))
      continue;
    const std::vector<float> ids = new_token_ids(*from, *to);
    for (float& id : std::get<std::vector<float>>(field.values))
      id = ids[static_cast<std::size_t>(id)];
  }
  for (TableColumn& column : data.table)
    if (const TableColumn* to = find_embedded(table, column.name)) column = *to;
}

}  // namespace selfnorm
