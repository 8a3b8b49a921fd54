// SPDX-License-Identifier: Apache-2.0
#include "passes/emit.h"

#include <fmt/format.h>

#include <utility>

#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {

std::vector<ValueId> emit_node(Graph& graph, const std::string& name, const std::string& op,
                               const std::vector<ValueId>& inputs, const Settings& attributes,
                               const std::vector<Stage>& epilogue) {
  const OpRow* row = find_op(op);
  if (row == nullptr) throw Error(ErrorKind::config, "unknown op '" + op + "'");
  Node node{name, op, row->attributes->complete(attributes, name), inputs, {}, epilogue};
  std::vector<Shape> shapes;
  for (const ValueId input : inputs) shapes.push_back(graph.value(input).shape);
  const Inferred inferred = (*row->infer)({node.name, node.op, node.attributes, shapes});
  for (std::size_t i = 0; i < inferred.outputs.size(); ++i) {
    const std::string value_name = i == 0 ? name : fmt::format("{}:{}", name, i);
    node.outputs.push_back(add_value(graph, {value_name, inferred.outputs[i]}));
  }
  graph.nodes.push_back(node);
  return node.outputs;
}

namespace {

// Whether an op changes the signal, rather than moving or masking elements or serving other ops.
bool is_watched(const OpRow& row) {
  if (*row.category == Category::activation) return true;
  return *row.category == Category::layer && !row.traits.reshapes;
}

}  // namespace

std::vector<Watched> watch_layers(Graph& graph, const std::string& op, const Settings& attributes) {
  std::vector<Watched> watched;
  // A measurement directly follows the measured value, so that its memory can be reused afterwards.
  for (Node& node : std::exchange(graph.nodes, {})) {
    const bool is_wanted = is_watched(row_of(node));
    const ValueId output = node.outputs[0];
    const std::string layer_op = node.epilogue.empty() ? node.op : node.epilogue.back().op;
    graph.nodes.push_back(std::move(node));
    if (!is_wanted) continue;
    const std::string name = graph.value(output).name;
    const ValueId measured =
        emit_node(graph, fmt::format("{} of {}", op, name), op, {output}, attributes)[0];
    watched.push_back({name, layer_op, measured});
  }
  return watched;
}

}  // namespace selfnorm
