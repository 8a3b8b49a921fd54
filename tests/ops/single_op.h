// SPDX-License-Identifier: Apache-2.0
// Runs a graph of one op with the engine and with its scalar reference.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/program.h"
#include "ops/reference.h"
#include "ops/table.h"
#include "passes/autodiff.h"

namespace selfnorm {

inline constexpr std::uint64_t kMaskSeed = 5;
inline constexpr std::uint64_t kMaskStep = 3;

/// Converts API order to the memory order of the engine, and back. Parameters are always in API
/// order.
inline std::vector<float> to_memory(const Shape& shape, const std::vector<double>& values) {
  std::vector<float> memory(values.size());
  if (shape.size() != 4) return {values.begin(), values.end()};
  const std::int64_t per_row = elements(shape) / shape[0];
  for_each_element(shape, [&](std::int64_t row, std::int64_t element, std::size_t index) {
    memory[static_cast<std::size_t>(row * per_row + element)] = static_cast<float>(values[index]);
  });
  return memory;
}

inline std::vector<double> from_memory(const Shape& shape, const float* memory) {
  std::vector<double> values(static_cast<std::size_t>(elements(shape)));
  if (shape.size() != 4) return {memory, memory + values.size()};
  const std::int64_t per_row = elements(shape) / shape[0];
  for_each_element(shape, [&](std::int64_t row, std::int64_t element, std::size_t index) {
    values[index] = memory[row * per_row + element];
  });
  return values;
}

/// A graph of one node. All its inputs, including parameters, are inputs of the graph.
struct SingleOp {
  SingleOp(const OpRow& op, const TestCase& test) : row(op) {
    const std::string name(*op.name);
    Node node{"node", name, op.attributes->complete(test.attributes, name), {}, {}, {}};
    const Inferred inferred = (*op.infer)({node.name, node.op, node.attributes, test.inputs});
    std::vector<Shape> shapes = test.inputs;
    std::vector<Role> roles(shapes.size(), Role::input);
    for (const ParameterSpec& spec : inferred.parameters) {
      shapes.push_back(spec.shape);
      roles.push_back(spec.role);
    }
    for (const Role role : roles) is_state.push_back(role == Role::state);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      // Class indexes have one axis less than the output, since they replace its features.
      const bool labels =
          *op.category == Category::loss && i == 1 && shapes[i].size() + 1 == shapes[0].size();
      node.inputs.push_back(add_value(graph, {"input" + std::to_string(i), shapes[i],
                                              labels ? DType::i32 : DType::f32, Role::input}));
    }
    user_inputs = test.inputs.size();
    for (const Shape& shape : inferred.outputs) {
      node.outputs.push_back(add_value(graph, {"output", shape}));
    }
    graph.inputs = node.inputs;
    graph.outputs = node.outputs;
    graph.nodes.push_back(node);
    draw(op);
  }

  /// Draws inputs in the test domain. Running variances and targets are positive, labels are valid
  /// classes.
  void draw(const OpRow& op) {
    const Node& node = graph.nodes[0];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Shape& shape = graph.value(node.inputs[i]).shape;
      const RandomKey key = random_key(11, *op.name, std::to_string(i));
      const bool positive = (*op.category == Category::loss && i == 1) || is_state[i];
      const bool words = static_cast<int>(i) == op.traits.id_input;
      const double low = positive ? 0.1 : op.tests->low, high = positive ? 0.9 : op.tests->high;
      std::vector<double> values(static_cast<std::size_t>(elements(shape)));
      for (std::size_t k = 0; k < values.size(); ++k) {
        // Rounded to float, so that both implementations use the same numbers.
        values[k] = static_cast<float>(low + (high - low) * uniform(key, k));
      }
      if (is_label(i)) {
        const auto classes = static_cast<double>(graph.value(node.inputs[0]).shape[1]);
        for (double& value : values) value = std::floor(value * classes);
      }
      if (words) {  // token ids, some of them padding
        const auto known = node.attributes.find("vocabulary");
        const std::int64_t all =
            known == node.attributes.end() ? 2 : std::get<std::int64_t>(known->second);
        const auto count = static_cast<double>(all);
        for (std::size_t k = 0; k < values.size(); ++k) {
          values[k] = std::floor(count * uniform(key, k));
        }
      }
      inputs.push_back(std::move(values));
    }
  }

  bool is_label(std::size_t input) const {
    return graph.value(graph.nodes[0].inputs[input]).dtype == DType::i32;
  }

  template <class T>
  std::vector<Array<T>> reference(Mode mode, const std::vector<std::vector<T>>& given) const {
    const Node& node = graph.nodes[0];
    ReferenceArguments<T> arguments{node, mode, kMaskSeed, kMaskStep, {}, {}};
    for (std::size_t i = 0; i < given.size(); ++i) {
      arguments.inputs.push_back({graph.value(node.inputs[i]).shape, given[i]});
    }
    for (const ValueId output : node.outputs) {
      const Shape& shape = graph.value(output).shape;
      arguments.outputs.push_back(
          {shape, std::vector<T>(static_cast<std::size_t>(elements(shape)))});
    }
    const Reference& plain = *rule_of(row.reference);
    if constexpr (std::is_same_v<T, double>) plain.real(arguments);
    else plain.complex(arguments);
    return arguments.outputs;
  }

  void feed(Program& program) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const ValueId id = graph.nodes[0].inputs[i];
      const Shape shape =
          i < user_inputs ? graph.value(id).shape : Shape{elements(graph.value(id).shape)};
      std::vector<float> memory = to_memory(shape, inputs[i]);
      if (is_label(i)) {
        for (float& value : memory) value = std::bit_cast<float>(static_cast<std::int32_t>(value));
      }
      std::copy(memory.begin(), memory.end(), program.data(id));
    }
  }

  const OpRow& row;
  Graph graph;
  std::size_t user_inputs = 0;
  std::vector<bool> is_state;               ///< by input
  std::vector<std::vector<double>> inputs;  ///< API order
};

inline double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace selfnorm
