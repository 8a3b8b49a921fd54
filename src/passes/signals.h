#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"
#include "ops/signal.h"

namespace selfnorm {

/// What is predicted of every value of a graph with weights as they are drawn at the start; nothing
/// for parameters and hidden outputs.
struct PredictedSignals {
  std::vector<std::optional<Signal>> forward;            ///< by value
  std::vector<std::optional<SignalGradient>> gradients;  ///< ∂(N(0, 1) cotangent·outputs), by value
};

/// Sends signals through a graph as `build_graph` makes it, with dropout at work, and gradients
/// back. `inputs`: a field for each of the graph's inputs, of one number of samples. Source: mean
/// field theory, Poole et al. 2016 and Schoenholz et al. 2017; each op's own rule is in its row.
PredictedSignals predict_signals(const Graph& graph, const std::vector<MomentField>& inputs);

}  // namespace selfnorm
