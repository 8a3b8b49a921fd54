// SPDX-License-Identifier: Apache-2.0
// The graph as plain data: values, and nodes in topological order. It knows no op by name. The op
// table defines what a node does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "selfnorm/setting.h"
#include "selfnorm/tensor.h"

namespace selfnorm {

using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;

enum class DType : std::uint8_t { f32, i32 };

enum class Role : std::uint8_t {
  input,         ///< fed from outside at every step
  parameter,     ///< learned
  state,         ///< kept between steps but not learned, such as running statistics
  intermediate,  ///< computed by a node
};

/// A tensor that flows along an edge. Its shape is in API order with the batch first.
struct Value {
  std::string name;
  Shape shape;
  DType dtype = DType::f32;
  Role role = Role::intermediate;
  /// For packed rows: the value with the first row of each sample, and at its end the number of
  /// rows.
  ValueId starts = kNoValue;
};

/// The unit axis of parameters that units do not sum, such as an embedding table.
inline constexpr std::size_t kNoUnits = static_cast<std::size_t>(-1);

/// Initialization and training of a parameter (or state).
struct Parameter {
  ValueId value = kNoValue;
  std::string owner;  ///< the node that owns it, among those that share it
  std::string init;   ///< name of the initializer
  double gain = 1;    ///< factor on the initial standard deviation
  double fan_in = 0;  ///< inputs per unit, the mean if units differ
  double fan_out = 0;
  double l2 = 0;
  std::size_t unit_axis = 0;  ///< axis of the units, or kNoUnits
  Shape image = {};        ///< if not empty, the second axis is in the memory order of this image
  double calibration = 1;  ///< further factor, which predictions leave out
};

/// A pointwise op that is fused into its producer.
struct Stage {
  std::string name;
  std::string op;
  Settings attributes;
};

/// An op applied to values.
struct Node {
  std::string name;
  std::string op;
  Settings attributes;  ///< complete, with defaults
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Stage> epilogue;
};

/// A network as values and nodes.
struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;  ///< in topological order
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Parameter> parameters;  ///< values with role parameter or state

  const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
};

/// Appends a value and returns its id.
ValueId add_value(Graph& graph, Value value);

/// Returns the id of the value with this name, or kNoValue.
ValueId find_value(const Graph& graph, const std::string& name);

/// Whether the value is a parameter or a state.
bool is_learned(const Graph& graph, ValueId id);

/// Returns the node whose first output is this value, or nullptr.
const Node* find_producer(const Graph& graph, ValueId id);

/// Returns the number of nodes that read each value. Outputs of the graph count as readers.
std::vector<int> count_uses(const Graph& graph);

/// Removes the nodes that `wanted` does not depend on. Values keep their ids.
void remove_dead_nodes(Graph& graph, const std::vector<ValueId>& wanted);

}  // namespace selfnorm
