// SPDX-License-Identifier: Apache-2.0
#include "api/input_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "selfnorm/error.h"
#include "tables/embedded_categories.h"

namespace selfnorm {
namespace {

std::string make_unused_name(const InputShapes& inputs, std::string name) {
  return unused_name(std::move(name), [&](const std::string& candidate) {
    return std::ranges::count(inputs, candidate, &InputShapes::value_type::first) > 0;
  });
}

// Adds a layer that concatenates the given ones, unless there is only one. Returns the name of the
// result.
std::string concat(const std::vector<std::string>& names, const std::string& name,
                   std::vector<Layer>& layers) {
  if (names.size() == 1) return names[0];
  layers.push_back({"concat", {}, name, names});
  return name;
}

// Adds the periodic features of the numbers, or for "pbld" three linear functions of those of each
// number, and concatenates them with the numbers. Returns the name of the result.
std::string add_numeric_embedding(const InputShapes& inputs, const std::string& numbers,
                                  std::int64_t count, const std::string& kind,
                                  std::vector<Layer>& layers) {
  constexpr std::int64_t kFrequencies = 16, kLinear = 3;
  layers.push_back({"periodic", {{"frequencies", kFrequencies}}, {}, {numbers}});
  if (kind == "pbld") {  // a convolution whose groups are the numbers
    layers.push_back({"reshape", {{"shape", Shape{count * kFrequencies, 1, 1}}}});
    layers.push_back(
        {"conv2d", {{"channels", count * kLinear}, {"kernel", Shape{1, 1}}, {"groups", count}}});
    layers.push_back({"flatten"});
  }
  layers.back().name = make_unused_name(inputs, "numeric_embedding");
  return concat({numbers, layers.back().name}, make_unused_name(inputs, "embedded_features"),
                layers);
}

// Adds a layer that flattens an input, unless it is flat. Returns the name of the result.
std::string add_flat(const InputShapes& inputs, const std::string& name, const Shape& shape,
                     std::vector<Layer>& layers) {
  if (shape.size() == 1) return name;
  layers.push_back({"flatten", {}, make_unused_name(inputs, name + "_flat"), {name}});
  return layers.back().name;
}

// Adds layers that look up the vectors of categories. Returns the name of the result.
std::string add_vectors(const InputShapes& inputs, const std::string& name,
                        std::vector<Layer>& layers) {
  constexpr std::int64_t kDimension = 8;  // as in RealMLP (Holzmüller et al. 2024)
  const std::string vectors = make_unused_name(inputs, name + "_vector");
  layers.push_back({"embedding", {{"dimension", kDimension}}, vectors, {name}});
  layers.push_back({"flatten", {}, make_unused_name(inputs, name + "_flat"), {vectors}});
  return layers.back().name;
}

std::vector<Layer> row_layers(const InputShapes& inputs, const Dataset& train,
                              const std::string& numeric_embedding) {
  std::vector<Layer> layers;
  std::vector<std::string> parts;
  std::int64_t count = 0;
  for (const auto& [name, shape] : inputs) {
    if (embedded_column_of(inputs, name, train) != nullptr) continue;
    parts.push_back(add_flat(inputs, name, shape, layers));
    count += elements(shape);
  }
  if (numeric_embedding != "none") {
    const std::string flat = concat(parts, make_unused_name(inputs, "numbers"), layers);
    parts = {add_numeric_embedding(inputs, flat, count, numeric_embedding, layers)};
  }
  for (const auto& [name, shape] : inputs) {
    if (embedded_column_of(inputs, name, train) == nullptr) continue;
    parts.push_back(add_vectors(inputs, name, layers));
  }
  concat(parts, make_unused_name(inputs, "inputs"), layers);
  return layers;
}

// Returns layers that embed all texts with one table and pool their steps so that the variance is
// preserved.
std::vector<Layer> embed_and_pool_texts(const InputShapes& inputs) {
  constexpr std::int64_t kDimension = 64;
  std::vector<Layer> layers;
  std::vector<std::string> rows;
  std::string table;
  for (const auto& input : inputs) {
    const std::string& name = input.first;
    Settings own;  // only of the first, which owns the table
    if (table.empty()) own = {{"dimension", kDimension}};
    const std::string words = make_unused_name(inputs, name + "_words");
    layers.push_back({"embedding", own, words, {name}, table});
    if (table.empty()) table = layers.back().name;
    rows.push_back(make_unused_name(inputs, name + "_text"));
    layers.push_back({"pool_steps", {}, rows.back(), {words}});
  }
  concat(rows, make_unused_name(inputs, "texts"), layers);
  return layers;
}

}  // namespace

const TableColumn* embedded_column_of(const InputShapes& inputs, const std::string& name,
                                      const Dataset& train) {
  if (std::ranges::count(inputs, name, &InputShapes::value_type::first) == 0) return nullptr;
  const auto field = train.inputs.size() == 1 ? train.inputs.begin()
                                              : std::ranges::find(train.inputs, name, &Field::name);
  return field == train.inputs.end() ? nullptr : find_embedded_column(train, *field);
}

std::vector<Layer> input_layers(const InputShapes& inputs, const Dataset& train,
                                const std::string& numeric_embedding) {
  const auto is_number = [&](const auto& input) {
    return embedded_column_of(inputs, input.first, train) == nullptr;
  };
  const bool has_numbers = train.vocabulary.empty() && std::ranges::any_of(inputs, is_number);
  if (numeric_embedding != "none" && !has_numbers) {
    throw Error(ErrorKind::config,
                fmt::format("[model]: numeric_embedding = \"{}\" needs an input of numbers, but {} "
                            "has none (leave numeric_embedding out)",
                            numeric_embedding, train.name));
  }
  return train.vocabulary.empty() ? row_layers(inputs, train, numeric_embedding)
                                  : embed_and_pool_texts(inputs);
}

}  // namespace selfnorm
