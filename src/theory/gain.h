// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "selfnorm/theory.h"

namespace selfnorm {

/// Returns τ with E f(z)² = 1 for z ~ N(0, τ). Weights with variance τ/fan_in before the activation
/// keep the second moment of the signal at 1 (He et al. 2015: τ is 2 for ReLU; the constants of
/// SELU make it 1). The relative error is 1e-14 if the rule is in closed form. Infinite if no τ
/// between 2^-20 and 2^20 satisfies it, as for activations bounded by 1.
double second_moment_gain(const MomentRule& rule);

/// The range of gains for signals of any size. Layer by layer, small signals vanish below `low`,
/// and large signals grow without bound above `high` (SELU: 0.4768 and 1.8116). Both are equal for
/// activations that are linear on either side of 0, such as ReLU.
struct GainBand {
  double low = 0, high = 0;
};
GainBand stable_gains(const MomentRule& rule);

/// Returns the standard deviation after plain (inverted) dropout with keep probability
/// `keep_probability`, after many layers of the activation and weights of gain 1. Infinite if it
/// grows without bound.
double stationary_standard_deviation(const MomentRule& rule, double keep_probability);

/// Returns the rate at which alpha dropout (α′, at the fixed point) keeps as much of a signal as
/// plain dropout at `plain_rate`. The measure is the squared correlation of output and input, which
/// is 1 − rate for plain dropout and (1 − rate)/(1 + α′²·rate) for alpha dropout.
double equivalent_alpha_rate(double plain_rate);

}  // namespace selfnorm
