#pragma once

#include <functional>

namespace selfnorm {

/// τ with E[f(√τ z)²] = 1 for z ~ N(0, 1): the variance, times 1/fan_in, of the weights before the
/// activation f that keeps the second moment of the signal at 1 (He et al. 2015 for ReLU, where it
/// is 2; SELU's constants make it 1). Relative error below 1e-8 for f that is smooth on either side
/// of 0. f must not be bounded by 1 nor grow faster than linearly; else there is no such τ and the
/// result is infinite.
double second_moment_gain(const std::function<double(double)>& f);

}  // namespace selfnorm
