#include "passes/signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "kernels/initialize.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

const SignalRule& rule_for(const Node& node) {
  const SignalRule* rule = rule_of(row_of(node).signal);
  if (rule != nullptr) return *rule;
  const std::string reason(std::get<Gap>(*row_of(node).signal).reason);
  throw Error(ErrorKind::config, fmt::format("node '{}' ({}): its signal cannot be predicted: {}",
                                             node.name, node.op, reason));
}

SignalContext context_of(const Graph& graph, const Node& node, const PredictedSignals& known) {
  SignalContext context{node, {}, {}, graph.value(node.outputs[0]).shape, {}};
  for (const ValueId input : node.inputs) {
    if (!known.forward[index(input)]) continue;  // a parameter
    context.inputs.push_back(&*known.forward[index(input)]);
    context.shapes.push_back(graph.value(input).shape);
  }
  context.weights = initial_weights(graph, node);
  return context;
}

void add_gradient(std::optional<SignalGradient>& sum, SignalGradient gradient) {
  if (!sum) {
    sum = std::move(gradient);
    return;
  }
  sum = SignalGradient{combine({{&sum->field, 1.0}, {&gradient.field, 1.0}})};
}

void send_back(const Graph& graph, PredictedSignals& known) {
  for (const ValueId output : graph.outputs) {
    const Extent extent = known.forward[index(output)]->field().extent;
    add_gradient(known.gradients[index(output)], {uniform_field(extent, 0, 1)});
  }
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const auto& dy = known.gradients[index(node->outputs[0])];
    if (!dy) continue;
    auto gradients = rule_for(*node).backward(context_of(graph, *node, known), *dy);
    auto gradient = gradients.begin();
    for (const ValueId input : node->inputs) {
      if (known.forward[index(input)]) {
        add_gradient(known.gradients[index(input)], std::move(*gradient++));
      }
    }
  }
}

}  // namespace

WeightLaw initial_weights(const Graph& graph, const Node& node) {
  WeightLaw law{0, 0};
  for (const ValueId input : node.inputs) {
    const auto found = std::ranges::find(graph.parameters, input, &Parameter::value);
    if (found == graph.parameters.end()) continue;
    const Shape& shape = graph.value(input).shape;
    const InitialLaw drawn = initial_law(
        found->init, found->gain, {elements(shape), shape[0], found->fan_in, found->fan_out});
    if (shape.size() > 1) law.mean = drawn.mean, law.variance = drawn.variance;
    else law.bias_mean = drawn.mean, law.bias_variance = drawn.variance;
  }
  return law;
}

PredictedSignals predict_signals(const Graph& graph, const std::vector<MomentField>& inputs) {
  PredictedSignals known;
  known.forward.resize(graph.values.size());
  known.gradients.resize(graph.values.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    known.forward[index(graph.inputs[i])] = Signal(inputs[i]);
  }
  for (const Node& node : graph.nodes) {
    known.forward[index(node.outputs[0])] = rule_for(node).forward(context_of(graph, node, known));
  }
  send_back(graph, known);
  return known;
}

}  // namespace selfnorm
