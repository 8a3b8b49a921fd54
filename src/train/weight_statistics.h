// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "selfnorm/network.h"
#include "selfnorm/train.h"
#include "train/weights.h"

namespace selfnorm {

/// Returns whether the tau of a unit is outside 0.8 to 1.25, the range of theorems 2 and 3.
bool is_tau_out_of_range(double tau);

/// Computes statistics of the units of a network's layers.
class WeightMonitor {
 public:
  explicit WeightMonitor(const Network& network);

  /// Returns statistics of ω and τ over the units of every layer with weights, in the order of
  /// computation. Layers that share weights appear only as the owner of the weights. Units of a
  /// transposed convolution at the same place in their groups count as one. `weights` must be those
  /// of the network. `gradients` is an arena with the layout of the weights, or nullptr. Sums are
  /// computed in double.
  std::vector<WeightStatistics> measure(const Weights& weights,
                                        const float* gradients = nullptr) const;

 private:
  struct Layer {
    Parameter weights;
    Shape shape;
    std::string name;                  ///< name of the weights
    double padding_variance_fraction;  ///< fraction of tau that zero padding leaves
  };
  std::vector<Layer> layers_;
};

}  // namespace selfnorm
