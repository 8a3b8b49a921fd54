// SPDX-License-Identifier: Apache-2.0
#include "train/initial_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "files/byte_reader.h"
#include "files/npy.h"
#include "ops/table.h"
#include "selfnorm/error.h"
#include "texts/token_counter.h"
#include "texts/word_vectors.h"

namespace selfnorm {

namespace {

const std::string* table_of(const Node& node) {
  const auto given = node.attributes.find("weights");
  const auto* path =
      given == node.attributes.end() ? nullptr : std::get_if<std::string>(&given->second);
  return path == nullptr || path->empty() ? nullptr : path;
}

bool owns(const Graph& graph, const Node& node, ValueId value) {
  return std::ranges::any_of(graph.parameters, [&](const Parameter& parameter) {
    return parameter.value == value && parameter.owner == node.name;
  });
}

bool is_array(const std::string& path) { return without_compression(path).extension() == ".npy"; }

std::vector<float> read_array(const std::string& path, const Node& node, const Shape& shape) {
  NumberArray table = read_npy(path);
  if (table.shape != shape) {
    throw Error(
        ErrorKind::data,
        fmt::format(
            "{}: contains an array of shape {}, but the table of node '{}' ({}) has shape {}", path,
            to_string(table.shape), node.name, node.op, to_string(shape)));
  }
  std::vector<float> values = to_floats(std::move(table));
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorKind::data, path + ": expected finite numbers, got NaN or infinity");
  }
  return values;
}

PretrainedTable load_word_vectors(const std::string& path, const VocabularyInfo& info,
                                  const Node& node, const Value& table) {
  if (table.shape[0] != std::ssize(info.vocabulary)) {
    throw Error(
        ErrorKind::config,
        fmt::format("node '{}' ({}): the vocabulary of the texts has {} tokens, but the table has "
                    "{} rows (leave `vocabulary` out, or read the table from a .npy file)",
                    node.name, node.op, info.vocabulary.size(), table.shape[0]));
  }
  WordVectors vectors = read_vectors(path, info.vocabulary, table.shape[1], info.skip_bad);
  return {table.name, std::move(vectors.table), std::move(vectors.found),
          table.role == Role::parameter, vectors.skipped};
}

// Returns, for each word of a vocabulary, whether its row is not all 0.
std::vector<bool> nonzero_rows(const std::vector<float>& numbers, std::size_t words) {
  const std::size_t width = numbers.size() / words;
  std::vector<bool> given;
  for (std::size_t word = 0; word < words; ++word) {
    const auto row = std::span(numbers).subspan(word * width, width);
    given.push_back(std::ranges::any_of(row, [](float x) { return x != 0; }));
  }
  return given;
}

PretrainedTable array_of(const std::string& path, const VocabularyInfo& info, const Node& node,
                         const Value& table) {
  PretrainedTable read{table.name, read_array(path, node, table.shape)};
  const bool is_of_words =
      !info.vocabulary.empty() && table.shape[0] == std::ssize(info.vocabulary);
  if (is_of_words) read.has_vector = nonzero_rows(read.numbers, info.vocabulary.size());
  return read;
}

bool wants_standardized(const Node& node) {
  const auto given = node.attributes.find("standardize");
  return given != node.attributes.end() && std::get<bool>(given->second);
}

// Returns the weight of each row in the standardization: the count of its word, or 1 without
// counts. Rows that the file does not have, or that are all 0, have weight 0.
std::vector<double> row_weights(const PretrainedTable& table, std::size_t width,
                                const std::vector<double>& counts) {
  std::vector<double> weights(table.numbers.size() / width, 0);
  for (std::size_t row = kFirstToken; row < weights.size(); ++row) {
    const float* numbers = table.numbers.data() + row * width;
    if (std::all_of(numbers, numbers + width, [](float x) { return x == 0; })) continue;
    weights[row] = counts.empty() ? 1 : counts[row];
  }
  return weights;
}

// Standardizes the columns. Rows with weight 0 remain unchanged.
void standardize_columns(PretrainedTable& table, std::size_t width,
                         const std::vector<double>& counts) {
  const std::vector<double> weights = row_weights(table, width, counts);
  for (std::size_t column = 0; column < width; ++column) {
    double all = 0, mean = 0, square = 0;
    for (std::size_t row = 0; row < weights.size(); ++row) {
      const double x = table.numbers[row * width + column];
      all += weights[row];
      mean += weights[row] * x;
      square += weights[row] * x * x;
    }
    if (all == 0) return;
    mean /= all;
    const double standard_deviation = std::sqrt(std::max(square / all - mean * mean, 0.0));
    for (std::size_t row = 0; row < weights.size(); ++row) {
      if (weights[row] == 0) continue;
      float& x = table.numbers[row * width + column];
      x = static_cast<float>((x - mean) / (standard_deviation > 0 ? standard_deviation : 1));
    }
  }
}

}  // namespace

std::vector<double> count_tokens(const Dataset& data, std::span<const std::int64_t> rows) {
  std::vector<double> counts(data.vocabulary.size(), 0);
  for (const Field& field : data.inputs) {
    if (counts.empty()) break;
    const std::span numbers(std::get<std::vector<float>>(field.values));
    const auto steps = static_cast<std::size_t>(elements(field.sample_shape));
    for (const std::int64_t row : rows) {
      for (const float number : numbers.subspan(static_cast<std::size_t>(row) * steps, steps)) {
        ++counts[static_cast<std::size_t>(number)];
      }
    }
  }
  return counts;
}

bool has_pretrained_table(const Node& node) { return table_of(node) != nullptr; }

std::vector<PretrainedTable> load_pretrained_tables(const Graph& graph,
                                                    const VocabularyInfo& info) {
  std::vector<PretrainedTable> tables;
  for (const Node& node : graph.nodes) {
    const std::string* path = table_of(node);
    if (path == nullptr || !owns(graph, node, node.inputs.back())) continue;
    const Value& table = graph.value(node.inputs.back());
    tables.push_back(is_array(*path) ? array_of(*path, info, node, table)
                                     : load_word_vectors(*path, info, node, table));
    if (wants_standardized(node)) {
      const bool counted = std::ssize(info.counts) == table.shape[0];
      standardize_columns(tables.back(), static_cast<std::size_t>(table.shape[1]),
                          counted ? info.counts : std::vector<double>{});
    }
  }
  return tables;
}

void assign_pretrained_tables(const std::vector<PretrainedTable>& tables, Weights& weights) {
  for (const PretrainedTable& table : tables) {
    const WeightEntry& entry = *weights.find(table.value);
    std::vector<float> numbers = table.numbers;
    const std::vector<float> drawn = weights.get(entry);
    const auto width = static_cast<std::size_t>(entry.shape[1]);
    for (std::size_t i = kFirstToken * width; i < numbers.size() && table.keeps_initialized_rows;
         ++i) {
      if (!table.has_vector[i / width]) numbers[i] = drawn[i];
    }
    weights.set(entry, numbers);
  }
}

bool has_fitted_states(const Graph& graph) {
  return std::ranges::any_of(graph.nodes,
                             [](const Node& node) { return rule_of(row_of(node).fit) != nullptr; });
}

std::vector<float> compute_value(const Graph& graph, ValueId value, Weights& weights,
                                 const InputRows& rows) {
  const auto input = std::ranges::find(graph.inputs, value);
  if (input != graph.inputs.end()) {
    return rows[static_cast<std::size_t>(input - graph.inputs.begin())];
  }
  Graph part = graph;
  part.outputs = {value};
  remove_dead_nodes(part, part.outputs);
  const Bindings bindings = weights.bindings(part);
  Program program(std::move(part), Mode::inference, 0, bindings);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::ranges::copy(rows[i], program.data(graph.inputs[i]));
  }
  program.run();
  const float* made = program.data(value);
  return {made, made + elements(graph.value(value).shape)};
}

void fit_states(const Graph& graph, Weights& weights, const InputRows& rows) {
  for (const Node& node : graph.nodes) {
    const FitRule* fit = rule_of(row_of(node).fit);
    if (fit == nullptr) continue;
    const ValueId input = node.inputs[0];
    const std::vector<float> values = compute_value(graph, input, weights, rows);
    const auto states = (*fit)({node, graph.value(input).shape, values.data()});
    auto state = states.begin();
    for (const ValueId id : node.inputs) {
      const Value& value = graph.value(id);
      if (value.role != Role::state) continue;
      const std::vector<float>& fitted = *state++;
      if (owns(graph, node, id)) weights.set(*weights.find(value.name), fitted);
    }
  }
}

}  // namespace selfnorm
