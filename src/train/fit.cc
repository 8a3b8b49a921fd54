#include "train/fit.h"

#include <algorithm>

#include "ops/table.h"

namespace selfnorm {

bool has_fitted_states(const Graph& graph) {
  return std::ranges::any_of(graph.nodes,
                             [](const Node& node) { return rule_of(row_of(node).fit) != nullptr; });
}

std::vector<float> value_of(const Graph& graph, ValueId value, Weights& weights,
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
    const std::vector<float> values = value_of(graph, input, weights, rows);
    const auto states = (*fit)({node, graph.value(input).shape, values.data()});
    auto state = states.begin();
    for (const ValueId id : node.inputs) {
      const Value& value = graph.value(id);
      if (value.role == Role::state) weights.set(*weights.find(value.name), *state++);
    }
  }
}

}  // namespace selfnorm
