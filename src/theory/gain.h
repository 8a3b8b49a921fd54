#pragma once

#include "selfnorm/theory.h"

namespace selfnorm {

/// τ with E f(z)² = 1 for z ~ N(0, τ): the variance, times 1/fan_in, of the weights before an
/// activation that keeps the second moment of the signal at 1 (He et al. 2015 for ReLU, where it is
/// 2; SELU's constants make it 1). Relative error 1e-14 where the rule is in closed form. Infinite
/// where no τ between 2^-20 and 2^20 does, as for what is bounded by 1.
double second_moment_gain(const MomentRule& rule);

}  // namespace selfnorm
