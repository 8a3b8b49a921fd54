// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"

#include <algorithm>
#include <utility>

namespace selfnorm {

ValueId add_value(Graph& graph, Value value) {
  graph.values.push_back(std::move(value));
  return static_cast<ValueId>(graph.values.size() - 1);
}

ValueId find_value(const Graph& graph, const std::string& name) {
  const auto found = std::ranges::find(graph.values, name, &Value::name);
  if (found == graph.values.end()) return kNoValue;
  return static_cast<ValueId>(found - graph.values.begin());
}

bool is_learned(const Graph& graph, ValueId id) {
  const Role role = graph.value(id).role;
  return role == Role::parameter || role == Role::state;
}

const Node* find_producer(const Graph& graph, ValueId id) {
  const auto node =
      std::ranges::find_if(graph.nodes, [=](const Node& each) { return each.outputs[0] == id; });
  return node == graph.nodes.end() ? nullptr : &*node;
}

std::vector<int> count_uses(const Graph& graph) {
  std::vector<int> uses(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueId input : node.inputs) ++uses[static_cast<std::size_t>(input)];
  }
  for (const ValueId output : graph.outputs) ++uses[static_cast<std::size_t>(output)];
  return uses;
}

void remove_dead_nodes(Graph& graph, const std::vector<ValueId>& wanted) {
  std::vector<char> live(graph.values.size(), 0);
  for (const ValueId id : wanted) live[static_cast<std::size_t>(id)] = 1;
  std::vector<Node> live_nodes;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool needed = std::ranges::any_of(
        node->outputs, [&](ValueId id) { return live[static_cast<std::size_t>(id)] != 0; });
    if (!needed) continue;
    for (const ValueId input : node->inputs) live[static_cast<std::size_t>(input)] = 1;
    live_nodes.push_back(std::move(*node));
  }
  std::ranges::reverse(live_nodes);
  graph.nodes = std::move(live_nodes);
}

}  // namespace selfnorm
