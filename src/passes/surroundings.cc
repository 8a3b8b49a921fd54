#include "passes/surroundings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "ops/rules.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// What stands on a path from an input to a value.
struct Path {
  std::int64_t count = 0;
  double log_dropout_growth = 0;
};

// ln(q·a²): a dropout's mask passes a share q of the gradient, each part times a.
double log_dropout_growth(const Node& node) {
  const OpRow& row = row_of(node);
  if (*row.category != Category::dropout || rule_of(row.pointwise) == nullptr) return 0;
  const Dropout dropout = pointwise_pass(node, Mode::training).dropout;
  return std::log(keep_rate(dropout) * dropout.a * dropout.a);
}

// Whether the weights that make a value are orthogonal, or free to be.
bool has_orthogonal_weights(const Graph& graph, ValueId value) {
  const auto made_by = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return std::ranges::count(node.outputs, value) > 0; });
  if (made_by == graph.nodes.end()) return true;
  return std::ranges::all_of(graph.parameters, [&](const Parameter& parameter) {
    const bool weighs = std::ranges::count(made_by->inputs, parameter.value) > 0 &&
                        graph.value(parameter.value).shape.size() > 1;
    return !weighs || parameter.init == "auto" || parameter.init == "orthogonal";
  });
}

Surroundings surroundings_of(const Graph& graph, const std::string& op) {
  std::vector<Path> paths(graph.values.size());
  Path longest;
  bool orthogonal = true;
  std::int64_t width = std::numeric_limits<std::int64_t>::max();
  const auto by_count = [](const Path& a, const Path& b) { return a.count < b.count; };
  for (const Node& node : graph.nodes) {
    Path path;
    for (const ValueId input : node.inputs) {
      path = std::max(path, paths[static_cast<std::size_t>(input)], by_count);
    }
    path.log_dropout_growth += log_dropout_growth(node);
    if (node.op == op) {
      ++path.count;
      orthogonal = orthogonal && has_orthogonal_weights(graph, node.inputs[0]);
      width = std::min(width, block_of(graph.value(node.outputs[0]).shape).features);
    }
    for (const ValueId output : node.outputs) paths[static_cast<std::size_t>(output)] = path;
    longest = std::max(longest, path, by_count);
  }
  const auto depth = static_cast<double>(longest.count);
  return {longest.count, width, std::exp(longest.log_dropout_growth / depth), orthogonal};
}

void resolve(Node& node, const Surroundings& surroundings) {
  try {
    row_of(node).attributes->resolve(node.attributes, surroundings);
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
    const Surroundings surroundings = surroundings_of(graph, op);
    for (Node& node : graph.nodes) {
      if (node.op == op) resolve(node, surroundings);
    }
  }
}

}  // namespace selfnorm
