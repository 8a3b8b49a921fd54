// SPDX-License-Identifier: Apache-2.0
#include "data/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "files/byte_reader.h"
#include "selfnorm/error.h"

namespace selfnorm {

Field select_columns(const Field& field, const std::vector<std::size_t>& from, std::string name) {
  const auto& values = std::get<std::vector<float>>(field.values);
  const std::size_t width = field.columns.size();
  std::vector<float> chosen;
  chosen.reserve(values.size() / width * from.size());
  for (std::size_t row = 0; row < values.size() / width; ++row) {
    for (const std::size_t column : from) chosen.push_back(values[row * width + column]);
  }
  Field taken{std::move(name), {static_cast<std::int64_t>(from.size())}, std::move(chosen)};
  for (const std::size_t column : from) {
    taken.columns.push_back(field.columns[column]);
    if (!field.sources.empty()) taken.sources.push_back(field.sources[column]);
  }
  return taken;
}

void split_into_inputs(const InputSources& inputs, Dataset& data) {
  const Field table = std::move(data.inputs.front());
  data.inputs.clear();
  for (const auto& [name, columns] : inputs) {
    std::vector<std::size_t> from;
    // A column such as a time has several numbers, each of which may be listed, too.
    std::vector<bool> is_taken(table.columns.size(), false);
    for (const std::string& column : columns) {
      bool is_found = false;
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i] != column && table.sources[i] != column) continue;
        is_found = true;
        if (!is_taken[i]) from.push_back(i);
        is_taken[i] = true;
      }
      if (!is_found) {
        throw_data_error(fmt::format("{}: input '{}': there is no feature column '{}'{}", data.name,
                                     name, column, suggestion(column, table.columns)));
      }
    }
    data.inputs.push_back(select_columns(table, from, name));
  }
}

bool can_be_reshaped(const Shape& from, const Shape& to) {
  const auto without_ones = [](Shape shape) {
    std::erase(shape, 1);
    return shape;
  };
  if (elements(from) != elements(to)) return false;
  return from.size() == 1 || to.size() == 1 || without_ones(from) == without_ones(to);
}

void check_reshaping(const Field& field, const std::string& input, const Shape& shape,
                     const std::string& dataset) {
  const Shape& from = field.sample_shape;
  if (can_be_reshaped(from, shape)) return;
  const bool is_channels_last = from.size() == 3 && shape.size() == 3 && from[2] == shape[0] &&
                                from[0] == shape[1] && from[1] == shape[2];
  throw Error(ErrorKind::shape,
              fmt::format("input '{}' has shape {}, but a sample of {} has shape {} ({})", input,
                          to_string(shape), dataset, to_string(from),
                          is_channels_last ? "the channels must come first: in NumPy, "
                                             "x.transpose(0, 3, 1, 2) moves them"
                                           : "change one of them"));
}

}  // namespace selfnorm
