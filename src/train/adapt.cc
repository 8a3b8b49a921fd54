#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "selfnorm/error.h"
#include "train/trained_model.h"

namespace selfnorm {
namespace {

bool are_numbers(const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [](const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  });
}

// The columns of a table in the model's order, found by name; columns it does not know are left
// out.
void reorder_columns(const Schema::Input& input, Field& field, const std::string& dataset) {
  if (input.columns.empty() || field.columns.empty() || input.columns == field.columns) return;
  // Tables without a header call their columns by number: then the order tells.
  if (are_numbers(input.columns) && are_numbers(field.columns) &&
      input.columns.size() == field.columns.size()) {
    return;
  }
  std::vector<std::size_t> from;
  for (const std::string& column : input.columns) {
    const auto found = std::ranges::find(field.columns, column);
    if (found == field.columns.end()) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: column '{}', which the model was trained on, is missing{}",
                              dataset, column, suggestion(column, field.columns)));
    }
    from.push_back(static_cast<std::size_t>(found - field.columns.begin()));
  }
  const auto& values = std::get<std::vector<float>>(field.values);
  const std::size_t width = field.columns.size();
  std::vector<float> chosen;
  chosen.reserve(values.size() / width * from.size());
  for (std::size_t row = 0; row < values.size() / width; ++row) {
    for (const std::size_t column : from) chosen.push_back(values[row * width + column]);
  }
  field.values = std::move(chosen);
  field.columns = input.columns;
  field.sample_shape = {static_cast<std::int64_t>(from.size())};
}

}  // namespace

void adapt_dataset(const Schema& schema, Dataset& data) {
  if (data.inputs.size() != schema.inputs.size()) {
    throw Error(ErrorKind::data, fmt::format("{}: has {} inputs, the model takes {}", data.name,
                                             data.inputs.size(), schema.inputs.size()));
  }
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    Field& field = data.inputs[i];
    reorder_columns(input, field, data.name);
    if (elements(field.sample_shape) != elements(input.sample_shape)) {
      throw Error(
          ErrorKind::data,
          fmt::format("{}: a sample is {}, the model's input '{}' takes {}", data.name,
                      to_string(field.sample_shape), input.name, to_string(input.sample_shape)));
    }
    field.sample_shape = input.sample_shape;
  }
}

}  // namespace selfnorm
