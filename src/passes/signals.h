// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "graph/graph.h"
#include "kernels/initialize.h"
#include "ops/signal.h"

namespace selfnorm {

/// What is predicted of every value of a graph with weights as they are drawn at the start; nothing
/// for parameters and hidden outputs.
struct PredictedSignals {
  std::vector<std::optional<Signal>> forward;            ///< by value
  std::vector<std::optional<SignalGradient>> gradients;  ///< ∂(N(0, 1) cotangent·outputs), by value
};

/// The law that each parameter is drawn from at the start, by value.
std::vector<InitializerMoments> initial_laws(const Graph& graph);

/// The share of the variance that windows at the border leave of independent N(0, 1), by a node
/// with weights of that fan-in.
double padding_share(const Graph& graph, const Node& node, double fan_in);

/// What a node makes of independent N(0, 1) at its inputs with weights of this law.
MomentField response_to_unit_normals(const Graph& graph, const Node& node,
                                     const WeightMoments& weights = {});

/// The rule of a node's row; without one Error(config) that names the node.
const SignalRule& signal_rule(const Node& node);

/// The laws of a node's weights and bias.
WeightMoments weight_law(const Graph& graph, const std::vector<InitializerMoments>& laws,
                         const Node& node);

/// Whether a node of two inputs says what they have in common.
bool compares(const Node& node);

/// Whether two values are made by the same weights, in the same way, of different graph inputs.
bool share_weights(const Graph& graph, ValueId x, ValueId y);

/// What the rule of a node is called with: `signal_of(input)` gives what flows into an input, or
/// nullptr for parameters and states.
template <class SignalOf>
SignalContext signal_context(const Graph& graph, const Node& node, const WeightMoments& weights,
                             SignalOf signal_of) {
  SignalContext context{node, {}, {}, graph.value(node.outputs[0]).shape, weights};
  for (const ValueId input : node.inputs) {
    const Signal* signal = signal_of(input);
    if (signal == nullptr) continue;
    context.inputs.push_back(signal);
    context.shapes.push_back(graph.value(input).shape);
  }
  context.made_alike = compares(node) && share_weights(graph, node.inputs[0], node.inputs[1]);
  return context;
}

/// Sends signals through a graph as `build_graph` makes it, with dropout at work, and gradients
/// back. `known`: fields of one number of samples, for each of the graph's inputs, and for outputs
/// of nodes that need no prediction. Source: mean field theory, Poole et al. 2016 and Schoenholz et
/// al. 2017; each op's own rule is in its row.
PredictedSignals predict_signals(const Graph& graph, const std::map<ValueId, MomentField>& known);

}  // namespace selfnorm
