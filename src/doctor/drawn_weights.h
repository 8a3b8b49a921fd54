// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "doctor/network_analysis.h"

namespace selfnorm {

/// Weights as they are drawn, of a layer that another layer with weights follows.
struct DrawnWeights {
  const Node* node;
  const Parameter* weights;
  const Node* activation;  ///< behind them, before other weights; nullptr: none
  double tau = 0;          ///< variance times fan-in
  double wanted = 1;       ///< what it should be
  double share = 1;        ///< of the variance that zero padding leaves
};

/// Each set of weights once, at its owner, in the order of the nodes.
std::vector<DrawnWeights> drawn_weights(const NetworkAnalysis& chart);

}  // namespace selfnorm
