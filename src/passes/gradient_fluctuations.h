// SPDX-License-Identifier: Apache-2.0
// The backward part of fluctuations.h.
#pragma once

#include <cstdint>
#include <vector>

#include "passes/signals.h"
#include "theory/noise_sum.h"

namespace selfnorm {

/// The response of a node to the gradient of its output and to the scale of its inputs.
struct GradientResponse {
  bool has_drawn_weights = false;  ///< whether it sums the gradient's units with random weights
  double preserved = 0;            ///< fraction of lengths that these weights preserve
  std::vector<double> squares;     ///< mean square of the gradient of each input with a signal
  std::vector<double> slopes;  ///< slopes of the logarithms in the relative change of these inputs
  /// Fraction of a change in correlation that the gradient of each input keeps.
  std::vector<double> correlation_factors;
};

struct GradientInputs {
  const Graph& graph;
  const PredictedSignals& signals;
  std::int64_t samples;
  const std::vector<NoiseSum>& noise;              ///< by value, for forward signals
  const std::vector<GradientResponse>& responses;  ///< by node
};

/// Returns the standard deviation over draws of the logarithm of the gradient's mean square, for
/// each value and to first order in 1/width. It is NaN for a value without a gradient. Gradients
/// are taken as normal and, except for the scale, as independent of forward signals.
std::vector<double> gradient_fluctuations(const GradientInputs& inputs);

}  // namespace selfnorm
