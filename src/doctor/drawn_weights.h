// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "doctor/network_analysis.h"

namespace selfnorm {

/// The initial weights of a layer that another layer with weights follows.
struct DrawnWeights {
  const Node* node;
  const Parameter* weights;
  const Node* activation;  ///< first after the weights; nullptr if other weights come first
  double tau = 0;          ///< variance times fan-in
  double target_tau = 1;   ///< tau that preserves the signal
  double padding_variance_fraction = 1;  ///< fraction of the variance that zero padding leaves
};

/// Returns each set of weights once, at its owner, in the order of the nodes.
std::vector<DrawnWeights> drawn_weights(const NetworkAnalysis& analysis);

}  // namespace selfnorm
