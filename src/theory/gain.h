// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "selfnorm/theory.h"

namespace selfnorm {

/// τ with E f(z)² = 1 for z ~ N(0, τ): the variance, times 1/fan_in, of the weights before an
/// activation that keeps the second moment of the signal at 1 (He et al. 2015 for ReLU, where it is
/// 2; SELU's constants make it 1). Relative error 1e-14 where the rule is in closed form. Infinite
/// where no τ between 2^-20 and 2^20 does, as for what is bounded by 1.
double second_moment_gain(const MomentRule& rule);

/// Gains that signals of any size survive: below `low` small ones die out, above `high` large ones
/// grow without end, layer by layer (SELU: 0.4768 and 1.8116; what is straight on either side of 0,
/// as ReLU: twice the same).
struct GainBand {
  double low = 0, high = 0;
};
GainBand stable_gains(const MomentRule& rule);

/// The deviation behind plain (inverted) dropout that keeps a share `keep`, after many layers of
/// the activation under weights of gain 1; infinite where it grows without end.
double stationary_standard_deviation(const MomentRule& rule, double keep);

/// The rate at which alpha dropout (α′, at the fixed point) leaves as much of a signal as plain
/// dropout at `plain_rate`: the squared correlation of output and input, 1 − rate for plain dropout
/// and (1 − rate)/(1 + α′²·rate) for alpha dropout.
double equivalent_alpha_rate(double plain_rate);

}  // namespace selfnorm
