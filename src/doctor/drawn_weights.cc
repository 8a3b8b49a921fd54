// SPDX-License-Identifier: Apache-2.0
#include "doctor/drawn_weights.h"

#include "passes/initializers.h"

namespace selfnorm {

std::vector<DrawnWeights> drawn_weights(const NetworkAnalysis& chart) {
  std::vector<DrawnWeights> list;
  ActivationGains gains;
  for (const Node& node : chart.graph().nodes) {
    const Parameter* weights = chart.weights(node);
    if (weights == nullptr || weights->owner != node.name || !chart.feeds_weights(node)) continue;
    const Node* activation = chart.activation_behind(node);
    const double tau = chart.law(*weights).variance * weights->fan_in;
    list.push_back({&node, weights, activation, tau, gains.before(activation),
                    padding_share(chart.graph(), node, weights->fan_in)});
  }
  return list;
}

}  // namespace selfnorm
