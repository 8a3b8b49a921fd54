// SPDX-License-Identifier: Apache-2.0
// y ≥ 0 with density proportional to e^(−t·y − y²/2): a normal of mean −t and variance 1, cut off
// below 0. Both sides of an activation's kink are such laws, and every moment of SELU follows from
// the few functions here, each computed without subtracting what is nearly equal.
#pragma once

namespace selfnorm {

/// P(x > t) for x ~ N(0, 1), the mass of the uncut law. Relative error 1e-15·(1 + t²).
double normal_tail_probability(double t);

/// The density of N(0, 1) at t.
double normal_density(double t);

/// E y. Relative error 1e-15, any t. (Mills' ratio: φ(t)/P(x > t) − t.)
double tail_excess_mean(double t);

/// Var y. Relative error 1e-15, any t.
double tail_excess_variance(double t);

/// ln E e^(−s·y), which is ≤ 0, for s ≥ 0. Relative error 1e-14.
double tail_log_laplace_transform(double t, double s);

/// ln(E e^(−2s·y) / (E e^(−s·y))²), which is ≥ 0: its expm1 is the relative variance of e^(−s·y).
/// Relative error 1e-14, for s however small.
double tail_log_second_moment_ratio(double t, double s);

}  // namespace selfnorm
