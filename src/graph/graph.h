// The graph as plain data: values, and nodes in an order in which they can be computed. It knows no
// op by name; what a node means stands in the op table.
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
  state,         ///< kept between steps but not learned: running statistics
  intermediate,  ///< computed by a node
};

/// A tensor that flows along an edge. Its shape is in API order with the batch first.
struct Value {
  std::string name;
  Shape shape;
  DType dtype = DType::f32;
  Role role = Role::intermediate;
  /// Of packed rows: the value that says where each sample's start, and last how many there are.
  ValueId starts = kNoValue;
};

/// Of parameters that no unit sums, as a table's.
inline constexpr std::size_t kNoUnits = static_cast<std::size_t>(-1);

/// How a parameter (or state) starts and how it is trained.
struct Parameter {
  ValueId value = kNoValue;
  std::string owner;  ///< the node it belongs to, among all that share it
  std::string init;   ///< an initialiser's name
  double gain = 1;    ///< multiplies the initial deviation
  double fan_in = 0;  ///< inputs that one unit really sums, the mean where units differ
  double fan_out = 0;
  double l2 = 0;
  std::size_t unit_axis = 0;  ///< of weights, along which units lie, or kNoUnits
  Shape image = {};  ///< not empty: the second axis counts features of this image in memory order
  double calibration = 1;  ///< multiplies the initial deviation too; predictions leave it out
};

/// A pointwise op that its producer computes along with its own work.
struct Stage {
  std::string name;
  std::string op;
  Settings attributes;
};

struct Node {
  std::string name;
  std::string op;
  Settings attributes;  ///< complete: defaults filled in by the op's row
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Stage> epilogue;
};

struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;  ///< each after the nodes that its inputs come from
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Parameter> parameters;  ///< of roles parameter and state

  const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
};

/// Appends a value and returns its number.
ValueId add_value(Graph& graph, Value value);

/// The value called `name`, or kNoValue.
ValueId find_value(const Graph& graph, const std::string& name);

/// For every value, how many nodes read it, counting the graph's outputs as readers.
std::vector<int> count_uses(const Graph& graph);

/// The graph without the nodes that nothing in `wanted` depends on; values keep their numbers.
void remove_dead_nodes(Graph& graph, const std::vector<ValueId>& wanted);

}  // namespace selfnorm
