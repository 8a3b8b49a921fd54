// SPDX-License-Identifier: Apache-2.0
#include "passes/views.h"

#include <algorithm>
#include <map>

#include "ops/rules.h"
#include "ops/table.h"
#include "passes/build.h"

namespace selfnorm {
namespace {

bool leaves_graph(const Graph& graph, ValueId value) {
  return std::ranges::count(graph.outputs, value) > 0;
}

std::vector<const Node*> readers(const Graph& graph, ValueId value) {
  std::vector<const Node*> all;
  for (const Node& node : graph.nodes) {
    if (std::ranges::count(node.inputs, value) > 0) all.push_back(&node);
  }
  return all;
}

// The features may stay in the order of the image if every reader contracts them with weights that
// no other node reads. Returns these weights, or an empty list if the order has to change.
std::vector<ValueId> reordered_weights(const Graph& graph, ValueId flat) {
  std::vector<ValueId> weights;
  if (leaves_graph(graph, flat)) return {};
  for (const Node* reader : readers(graph, flat)) {
    if (!row_of(*reader).traits.accepts_any_feature_order) return {};
    const ValueId weight = reader->inputs[1];
    const bool reads_all_features =
        graph.value(weight).shape.back() == graph.value(flat).shape.back();
    if (!reads_all_features || readers(graph, weight).size() != 1) return {};
    weights.push_back(weight);
  }
  return weights;
}

Parameter& parameter_of(Graph& graph, ValueId value) {
  return *std::ranges::find(graph.parameters, value, &Parameter::value);
}

}  // namespace

void make_views(Graph& graph) {
  for (Node& node : graph.nodes) {
    if (!row_of(node).traits.reshapes) continue;
    const Shape from = graph.value(node.inputs[0]).shape;
    const Shape to = graph.value(node.outputs[0]).shape;
    if (stored_features_last(to)) continue;
    if (stored_features_last(from)) {
      if (to.size() != 2) continue;
      const std::vector<ValueId> weights = reordered_weights(graph, node.outputs[0]);
      if (weights.empty()) continue;
      for (const ValueId weight : weights) {
        parameter_of(graph, weight).image = {from[1], from[2], from[3]};
      }
    }
    node.op = "view";
    node.attributes = {{"shape", to}};
  }
}

Graph build_engine_graph(const Network& network, std::int64_t batch) {
  Graph graph = build_graph(network, batch);
  make_views(graph);
  return graph;
}

}  // namespace selfnorm
