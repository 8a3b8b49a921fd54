// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "selfnorm/theory.h"

namespace selfnorm {

/// What layers of n units add to the map of infinite width, for one sample over draws of the
/// weights, to the first order in 1/n.
struct FiniteWidthCorrection {
  double spread = 0;  ///< relative standard deviation of a layer's deviation, far from the input
  /// Of the logarithm of a gradient's growth through a layer: its mean less log E f′², and the
  /// variance that a layer adds to its sum over many.
  double log_growth_shift = 0, log_growth_variance = 0;
};

/// For a SELU with the fixed point (0, 1), z ~ N(0, 1), alpha dropout of this rate behind it (0:
/// none), and weights of variance 1/n, orthogonal or Gaussian.
FiniteWidthCorrection finite_width(const SeluConstants& constants, double dropout_rate,
                                   std::int64_t width, bool orthogonal);

}  // namespace selfnorm
