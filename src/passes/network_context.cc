// SPDX-License-Identifier: Apache-2.0
#include "passes/network_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/index.h"
#include "ops/rules.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Counts nodes on a path from an input to a value.
struct Path {
  std::int64_t count = 0;
  double log_dropout_growth = 0;
};

// Returns the logarithm of the factor of a dropout on a gradient's second moment, by its
// moment-propagation rule. Returns 0 for other nodes.
double log_dropout_growth(const Node& node) {
  const OpRow& row = row_of(node);
  if (*row.category != Category::dropout) return 0;
  const MomentField unit = uniform_field({1, 1, 1}, 0, 1);
  const Signal x(unit);
  const auto dx = rule_of(row.signal)->backward({node, {&x}, {{1, 1}}, {1, 1}, {}}, {unit});
  return std::log(dx[0].field().square[0]);
}

// Returns for each value whether it is a weight with an initializer other than orthogonal and auto.
std::vector<bool> is_non_orthogonal_weight(const Graph& graph) {
  std::vector<bool> other(graph.values.size(), false);
  for (const Parameter& parameter : graph.parameters) {
    if (graph.value(parameter.value).shape.size() < 2) continue;
    other[as_index(parameter.value)] = parameter.init != "auto" && parameter.init != "orthogonal";
  }
  return other;
}

NetworkContext network_context_of(const Graph& graph, const std::string& op) {
  std::vector<Path> paths(graph.values.size());
  Path longest;
  bool orthogonal = true;
  // Includes values computed from such weights.
  std::vector<bool> is_non_orthogonal = is_non_orthogonal_weight(graph);
  std::int64_t width = std::numeric_limits<std::int64_t>::max();
  const auto by_count = [](const Path& a, const Path& b) { return a.count < b.count; };
  for (const Node& node : graph.nodes) {
    Path path;
    bool has_weights = false, own = false, inherited = false;
    for (const ValueId input : node.inputs) {
      path = std::max(path, paths[as_index(input)], by_count);
      const Value& value = graph.value(input);
      const bool is_weight = value.role == Role::parameter && value.shape.size() > 1;
      has_weights = has_weights || is_weight;
      (is_weight ? own : inherited) |= is_non_orthogonal[as_index(input)];
    }
    path.log_dropout_growth += log_dropout_growth(node);
    if (node.op == op) {
      ++path.count;
      orthogonal = orthogonal && !is_non_orthogonal[as_index(node.inputs[0])];
      width = std::min(width, feature_matrix_shape(graph.value(node.outputs[0]).shape).features);
    }
    for (const ValueId output : node.outputs) {
      paths[as_index(output)] = path;
      is_non_orthogonal[as_index(output)] = has_weights ? own : inherited;
    }
    if (path.count >= longest.count) longest = path;  // includes dropout after the last one
  }
  const auto depth = static_cast<double>(longest.count);
  return {longest.count, width, std::exp(longest.log_dropout_growth / depth), orthogonal};
}

void resolve(Node& node, const NetworkContext& network_context) {
  try {
    row_of(node).attributes->resolve(node.attributes, network_context);
  } catch (const Error& error) {
    throw Error(error.kind(),
                fmt::format("layer '{}' ({}): {}", node.name, node.op, error.detail()));
  }
}

}  // namespace

void resolve_attributes(Graph& graph) {
  std::set<std::string> ops;
  for (const Node& node : graph.nodes) ops.insert(node.op);
  for (const std::string& op : ops) {
    const NetworkContext network_context = network_context_of(graph, op);
    std::map<Settings, Settings> known;  // equal attributes resolve to equal ones
    for (Node& node : graph.nodes) {
      if (node.op != op) continue;
      const auto found = known.find(node.attributes);
      if (found != known.end()) {
        node.attributes = found->second;
        continue;
      }
      const Settings given = node.attributes;
      resolve(node, network_context);
      known.emplace(given, node.attributes);
    }
  }
}

}  // namespace selfnorm
