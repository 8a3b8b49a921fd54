// SPDX-License-Identifier: Apache-2.0
#include "report/graph_json.h"

#include <map>

namespace selfnorm {
namespace {

std::string shape_text(const Shape& shape) {
  std::string text;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) {
    text += (axis > 1 ? " × " : "") + std::to_string(shape[axis]);
  }
  return text;
}

// Counts the parameters of each node that owns some.
std::map<std::string, std::int64_t> count_parameters(const Graph& graph) {
  std::map<std::string, std::int64_t> counts;
  for (const Parameter& parameter : graph.parameters) {
    const Value& value = graph.value(parameter.value);
    if (value.role == Role::parameter) counts[parameter.owner] += elements(value.shape);
  }
  return counts;
}

}  // namespace

Json graph_json(const Graph& graph, const std::vector<LayerExamination>& layers) {
  std::map<std::string, const SignalMoments*> predicted;
  for (const LayerExamination& layer : layers) predicted[layer.name] = &layer.predicted;
  std::map<std::string, std::int64_t> parameters = count_parameters(graph);
  Json nodes = Json::array();
  for (const ValueId id : graph.inputs) {
    const Value& value = graph.value(id);
    nodes.push_back({{"name", value.name},
                     {"op", "input"},
                     {"inputs", Json::array()},
                     {"shape", shape_text(value.shape)},
                     {"parameters", 0}});
  }
  for (const Node& node : graph.nodes) {
    Json inputs = Json::array();
    for (const ValueId input : node.inputs) {
      const Value& value = graph.value(input);
      const bool is_weight = value.role == Role::parameter || value.role == Role::state;
      if (!is_weight) inputs.push_back(value.name);
    }
    Json json{{"name", node.name},
              {"op", node.op},
              {"inputs", inputs},
              {"shape", shape_text(graph.value(node.outputs[0]).shape)},
              {"parameters", parameters[node.name]}};
    if (const auto known = predicted.find(node.name); known != predicted.end()) {
      json["mean"] = number(known->second->mean);
      json["variance"] = number(known->second->variance);
    }
    nodes.push_back(std::move(json));
  }
  return nodes;
}

}  // namespace selfnorm
