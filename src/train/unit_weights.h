#pragma once

#include <vector>

#include "selfnorm/network.h"
#include "selfnorm/train.h"
#include "train/weights.h"

namespace selfnorm {

constexpr double kLeastTau = 0.8, kGreatestTau = 1.25;  ///< of theorems 2 and 3

/// Looks at the units of a network's layers, as often as is wanted.
class UnitWatch {
 public:
  explicit UnitWatch(const Network& network);

  /// ω and τ of the units of every layer that has weights, in the order of computation; of layers
  /// that share weights their owner's; units of a transposed convolution that lie at one place of
  /// their groups count as one. The weights are those of the network. `gradients`: an arena like
  /// that of the weights, or nullptr. Numerics: sums in double.
  std::vector<UnitWeights> look(const Weights& weights, const float* gradients = nullptr) const;

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
