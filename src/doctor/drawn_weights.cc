// SPDX-License-Identifier: Apache-2.0
#include "doctor/drawn_weights.h"

#include "passes/initializers.h"

namespace selfnorm {

std::vector<DrawnWeights> drawn_weights(const NetworkAnalysis& analysis) {
  std::vector<DrawnWeights> list;
  ActivationGains gains;
  for (const Node& node : analysis.graph().nodes) {
    const Parameter* weights = analysis.weights(node);
    if (weights == nullptr || weights->owner != node.name || !analysis.feeds_weights(node))
      continue;
    const Node* activation = analysis.next_activation(node);
    const double tau = analysis.initializer_moments(*weights).variance * weights->fan_in;
    list.push_back({&node, weights, activation, tau, gains.before(activation),
                    padding_variance_fraction(analysis.graph(), node, weights->fan_in)});
  }
  return list;
}

}  // namespace selfnorm
