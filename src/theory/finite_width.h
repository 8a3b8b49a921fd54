// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "selfnorm/theory.h"

namespace selfnorm {

/// The corrections of layers of n units to the map of infinite width, for one sample over draws of
/// the weights, to first order in 1/n.
struct FiniteWidthCorrection {
  /// The relative standard deviation of a layer's standard deviation, far from the input.
  double spread = 0;
  /// The logarithm of a gradient's growth through a layer: its mean minus log E f′², and the
  /// variance that a layer adds to the sum over many layers.
  double log_growth_shift = 0, log_growth_variance = 0;
};

/// Computes the corrections for a SELU with the fixed point (0, 1) and z ~ N(0, 1), followed by
/// alpha dropout with this rate (0: none), and for weights of variance 1/n, orthogonal or Gaussian.
FiniteWidthCorrection finite_width(const SeluConstants& constants, double dropout_rate,
                                   std::int64_t width, bool orthogonal);

}  // namespace selfnorm
