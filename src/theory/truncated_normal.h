// SPDX-License-Identifier: Apache-2.0
// Moments of y ≥ 0 with a density proportional to e^(−t·y − y²/2): a normal of mean −t and variance
// 1, truncated below 0. Both sides of an activation's kink have such a distribution, and every
// moment of SELU follows from the functions here. They do not subtract nearly equal numbers.
#pragma once

namespace selfnorm {

/// Returns P(x > t) for x ~ N(0, 1), the probability that truncation keeps. Relative error
/// 1e-15·(1 + t²).
double normal_tail_probability(double t);

/// Returns the density of N(0, 1) at t.
double normal_density(double t);

/// Returns E y. Relative error 1e-15 for any t. (By Mills' ratio, φ(t)/P(x > t) − t.)
double tail_excess_mean(double t);

/// Returns Var y. Relative error 1e-15 for any t.
double tail_excess_variance(double t);

/// Returns ln E e^(−s·y), which is ≤ 0, for s ≥ 0. Relative error 1e-14.
double tail_log_laplace_transform(double t, double s);

/// Returns ln(E e^(−2s·y) / (E e^(−s·y))²), which is ≥ 0. Its expm1 is the relative variance of
/// e^(−s·y). Relative error 1e-14 even for tiny s.
double tail_log_second_moment_ratio(double t, double s);

}  // namespace selfnorm
