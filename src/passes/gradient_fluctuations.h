// SPDX-License-Identifier: Apache-2.0
// The part of fluctuations.h that goes back through the graph.
#pragma once

#include <cstdint>
#include <vector>

#include "passes/signals.h"
#include "theory/noise_sum.h"

namespace selfnorm {

/// What a node makes of the gradient of its output, and of the scale of its inputs.
struct GradientResponse {
  bool weighs = false;          ///< sums the units of the gradient with drawn weights
  double kept = 0;              ///< what these keep of lengths
  std::vector<double> squares;  ///< mean squares of what it gives each of its flowing inputs
  std::vector<double> slopes;   ///< of their logarithms to the relative change of these inputs
  std::vector<double> alike;    ///< how much of a correlation of the gradient each of them keeps
};

struct GradientInputs {
  const Graph& graph;
  const PredictedSignals& signals;
  std::int64_t samples;
  const std::vector<NoiseSum>& noise;              ///< by value, of what flows forward
  const std::vector<GradientResponse>& responses;  ///< by node
};

/// Standard deviation over draws of the logarithm of each value's gradient's mean square, to the
/// first order in 1/width; NaN without one. Gradients are taken as normal and independent of what
/// flows forward but for its scale.
std::vector<double> gradient_fluctuations(const GradientInputs& inputs);

}  // namespace selfnorm
