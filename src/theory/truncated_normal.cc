// SPDX-License-Identifier: Apache-2.0
#include "theory/truncated_normal.h"

#include <cmath>
#include <numbers>

#include "theory/quadrature.h"

namespace selfnorm {
namespace {

constexpr double kDensityAtZero = std::numbers::inv_sqrtpi / std::numbers::sqrt2;  // 1/√(2π)

// The t from which the continued fraction is as accurate as erfc and does not cancel.
constexpr double kContinuedFractionStart = 2;

// With K_n(t) = ∫ yⁿ e^(−t·y − y²/2) dy, integration by parts gives K_{n+1} = n·K_{n−1} − t·K_n. So
// K_n/K_{n−1} = n/(t + K_{n+1}/K_n), with positive terms only. With 80 terms, the error is below
// 1e-17 at t = 2.
double second_ratio(double t) {  // K₂/K₁
  double ratio = 0;
  for (int n = 81; n >= 2; --n) ratio = n / (t + ratio);
  return ratio;
}

// Returns the hazard rate φ(t)/P(x > t) for t below kContinuedFractionStart.
double hazard(double t) { return normal_density(t) / normal_tail_probability(t); }

// Returns ln K₀(t) − t²/2·[t ≤ 0]. The caller adds the second part, so that it can cancel exactly.
double log_mass(double t) {
  return t > 0 ? std::log(kDensityAtZero / (t + tail_excess_mean(t)))
               : std::log(normal_tail_probability(t));
}

double square_part(double t) { return t > 0 ? 0 : 0.5 * t * t; }

// Returns ln K₀(t + s) − ln K₀(t).
double log_difference(double t, double s) {
  const double squares = t + s <= 0 ? s * (t + 0.5 * s) : square_part(t + s) - square_part(t);
  return squares + (log_mass(t + s) - log_mass(t));
}

// Whether s is below half a standard deviation of y. The difference of the logarithms above then
// loses digits, and integrals of their derivatives −E y and Var y give the same without loss. Both
// are analytic in a strip wider than the interval, where the error of 20 Gauss-Legendre points is
// below 1e-16.
bool is_short(double t, double s) { return s * std::sqrt(tail_excess_variance(t)) < 0.5; }

}  // namespace

double normal_tail_probability(double t) { return 0.5 * std::erfc(t / std::numbers::sqrt2); }

double normal_density(double t) { return kDensityAtZero * std::exp(-0.5 * t * t); }

double tail_excess_mean(double t) {
  return t < kContinuedFractionStart ? hazard(t) - t : 1 / (t + second_ratio(t));
}

double tail_excess_variance(double t) {
  if (t < kContinuedFractionStart) return 1 - hazard(t) * (hazard(t) - t);
  const double second = second_ratio(t), first = 1 / (t + second);
  return first * (second - first);
}

double tail_log_laplace_transform(double t, double s) {
  if (!is_short(t, s)) return log_difference(t, s);
  return -integrate([=](double offset) { return tail_excess_mean(t + offset); }, 0, s);
}

double tail_log_second_moment_ratio(double t, double s) {
  if (!is_short(t, s)) return log_difference(t, 2 * s) - 2 * log_difference(t, s);
  const auto rising = [=](double offset) { return offset * tail_excess_variance(t + offset); };
  const auto falling = [=](double offset) {
    return (2 * s - offset) * tail_excess_variance(t + offset);
  };
  return integrate(rising, 0, s) + integrate(falling, s, 2 * s);
}

}  // namespace selfnorm
