// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/check_dataset.h"
#include "data/inputs.h"
#include "data/targets.h"
#include "passes/vocabulary.h"
#include "selfnorm/error.h"
#include "tables/embedded_categories.h"
#include "texts/text_dataset.h"
#include "train/trained_model.h"

namespace selfnorm {
namespace {

// Suggests a column that the model does not use, or lists the columns. A wide table has too many.
std::string column_hint(const std::string& column, const Schema::Input& input, const Field& field) {
  std::vector<std::string> unused;
  for (const std::string& each : field.columns) {
    if (std::ranges::count(input.columns, each) == 0) unused.push_back(each);
  }
  const std::string nearest = nearest_name(column, unused);
  if (!nearest.empty()) return fmt::format(" (did you mean '{}'?)", nearest);
  constexpr std::size_t kMaxListed = 20;
  if (field.columns.size() > kMaxListed) {
    return fmt::format(" (it has {} other columns)", field.columns.size());
  }
  return fmt::format(" (it has: {})", join(field.columns, ", "));
}

// Puts the columns of a table into the order of the model by name, and drops columns that the model
// does not use.
void reorder_columns(const Schema& schema, const Schema::Input& input, Field& field,
                     const std::string& dataset) {
  if (input.columns.empty() || field.columns.empty() || input.columns == field.columns) return;
  // Without a header, the names of columns are indices, so the order of the columns is kept.
  if (schema.header != "yes" && std::ranges::all_of(input.columns, is_all_digits) &&
      std::ranges::all_of(field.columns, is_all_digits) &&
      input.columns.size() == field.columns.size()) {
    return;
  }
  std::vector<std::size_t> from;
  for (const std::string& column : input.columns) {
    const auto found = std::ranges::find(field.columns, column);
    if (found == field.columns.end()) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: there is no column '{}', which the model needs{}", dataset,
                              column, column_hint(column, input, field)));
    }
    from.push_back(static_cast<std::size_t>(found - field.columns.begin()));
  }
  field = select_columns(field, from, field.name);
}

// Converts texts to the token ids of the model. Inputs that are already token ids remain unchanged.
void remap_token_ids(const Schema& schema, const Schema::Input& input, const Dataset& data,
                     Field& field) {
  if (data.vocabulary.empty()) return;
  if (schema.vocabulary.empty()) {
    throw Error(
        ErrorKind::data,
        fmt::format("{}: contains texts, but the model was not trained on texts", data.name));
  }
  convert_token_ids(field, data.vocabulary, schema.vocabulary, elements(input.sample_shape));
}

std::string describe_row(const Dataset& data, std::int64_t row) {
  if (data.lines.empty()) return fmt::format("{}: row {}", data.name, row + 1);
  return fmt::format("{}:{}", data.name, data.lines[static_cast<std::size_t>(row)]);
}

}  // namespace

void order_inputs(const std::vector<std::string>& names, Dataset& data) {
  std::vector<std::string> there;
  for (const Field& field : data.inputs) there.push_back(field.name);
  const auto fail = [&] {
    throw Error(ErrorKind::data, fmt::format("the network has the inputs {}, but {} has {} (set "
                                             "data.inputs to the source of each input)",
                                             join(names, ", "), data.name, join(there, ", ")));
  };
  if (names.size() != data.inputs.size()) fail();
  if (names.size() == 1) return;
  std::vector<Field> ordered;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(data.inputs, name, &Field::name);
    if (found == data.inputs.end()) fail();
    ordered.push_back(std::move(*found));
  }
  data.inputs = std::move(ordered);
}

void mark_token_inputs(const Graph& graph, Schema& schema) {
  const auto token_inputs = vocabulary_sizes(graph);
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const auto known = token_inputs.find(graph.inputs[i]);
    schema.inputs[i].vocabulary_size = known == token_inputs.end() ? 0 : known->second;
  }
}

void adapt_dataset(const Schema& schema, Dataset& data) {
  std::vector<std::string> names;
  for (const Schema::Input& input : schema.inputs) names.push_back(input.name);
  order_inputs(names, data);
  convert_categories(schema.table, data);
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    Field& field = data.inputs[i];
    reorder_columns(schema, input, field, data.name);
    remap_token_ids(schema, input, data, field);
    if (!can_be_reshaped(field.sample_shape, input.sample_shape)) {
      throw Error(
          ErrorKind::data,
          fmt::format("{}: a sample is {}, but the model's input '{}' is {}", data.name,
                      to_string(field.sample_shape), input.name, to_string(input.sample_shape)));
    }
    field.sample_shape = input.sample_shape;
    if (input.vocabulary_size > 0) check_token_ids(field, input.vocabulary_size, data.name);
  }
  if (!schema.class_names.empty() && !data.targets.classes.empty()) {
    align_classes(data.targets, schema.class_names,
                  [&](std::int64_t row) { return describe_row(data, row); });
  }
  if (!data.vocabulary.empty()) data.vocabulary = schema.vocabulary;
}

}  // namespace selfnorm
