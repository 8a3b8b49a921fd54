// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "selfnorm/network.h"
#include "selfnorm/train.h"
#include "train/weights.h"

namespace selfnorm {

/// Whether a unit's tau is none of those that theorems 2 and 3 are about, 0.8 to 1.25.
bool is_tau_out_of_range(double tau);

/// Looks at the units of a network's layers, as often as is wanted.
class WeightMonitor {
 public:
  explicit WeightMonitor(const Network& network);

  /// ω and τ of the units of every layer that has weights, in the order of computation; of layers
  /// that share weights their owner's; units of a transposed convolution that lie at one place of
  /// their groups count as one. The weights are those of the network. `gradients`: an arena like
  /// that of the weights, or nullptr. Numerics: sums in double.
  std::vector<WeightStatistics> look(const Weights& weights,
                                     const float* gradients = nullptr) const;

 private:
  struct Layer {
    Parameter weights;
    Shape shape;
    std::string name;      ///< of the weights
    double padding_share;  ///< of tau that zero padding leaves
  };
  std::vector<Layer> layers_;
};

}  // namespace selfnorm
