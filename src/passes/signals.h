// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "graph/graph.h"
#include "kernels/initialize.h"
#include "ops/signal.h"

namespace selfnorm {

/// The predicted signals and gradients of a graph with initial weights. Parameters and hidden
/// outputs have none.
struct PredictedSignals {
  std::vector<std::optional<Signal>> forward;            ///< by value
  std::vector<std::optional<SignalGradient>> gradients;  ///< ∂(N(0, 1) cotangent·outputs), by value
};

/// Returns the moments of the initializer of each parameter, by value.
std::vector<InitializerMoments> initial_parameter_moments(const Graph& graph);

/// Returns the fraction of the variance of independent N(0, 1) inputs that zero padding leaves, for
/// a node with this fan-in.
double padding_variance_fraction(const Graph& graph, const Node& node, double fan_in);

/// Predicts the output of a node for independent N(0, 1) inputs and weights with these moments.
MomentField response_to_unit_normals(const Graph& graph, const Node& node,
                                     const WeightMoments& weights = {});

/// Returns the moment-propagation rule of a node. Throws Error(config) with the node's name if
/// there is no rule.
const SignalRule& signal_rule(const Node& node);

/// Returns the moments of a node's weights and bias.
WeightMoments weight_moments(const Graph& graph,
                             const std::vector<InitializerMoments>& parameter_moments,
                             const Node& node);

/// Whether the output of a node depends on the correlation of its two inputs.
bool depends_on_correlation(const Node& node);

/// Whether the same weights compute both values, in the same way, from different graph inputs.
bool share_weights(const Graph& graph, ValueId x, ValueId y);

/// Returns the context for the rule of a node. `signal_of(input)` returns the signal of an input,
/// or nullptr for parameters and states.
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
  context.inputs_share_weights =
      depends_on_correlation(node) && share_weights(graph, node.inputs[0], node.inputs[1]);
  return context;
}

/// Predicts the signals of a graph from `build_graph`, with active dropout, and the gradients.
/// `known` contains fields with equal numbers of samples for each input of the graph, and for
/// outputs of nodes that need no prediction. Source: mean field theory, Poole et al. 2016 and
/// Schoenholz et al. 2017; each op's own rule is in its row.
PredictedSignals predict_signals(const Graph& graph, const std::map<ValueId, MomentField>& known);

/// Predicts only the forward signals, by value. `at_inference` says for which samples dropout
/// computes what it does at inference.
std::vector<std::optional<Signal>> predict_forward_signals(
    const Graph& graph, const std::map<ValueId, MomentField>& known,
    const std::vector<bool>& at_inference);

}  // namespace selfnorm
