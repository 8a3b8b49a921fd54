// SPDX-License-Identifier: Apache-2.0
#include "theory/gain.h"

#include <cmath>
#include <limits>

#include "selfnorm/constants.h"

namespace selfnorm {

// Applies regula falsi with the Illinois rule to log E f² as a function of log₂ τ. This is a
// straight line for homogeneous activations and nearly one for others.
double second_moment_gain(const MomentRule& rule) {
  const auto excess = [&](double log_tau) {
    const ActivationMoments f = rule({0, std::exp2(log_tau)});
    return std::log(f.variance + f.mean * f.mean);
  };
  double low = -20, high = 20, at_low = excess(low), at_high = excess(high);
  if (!(at_low < 0 && at_high > 0)) return std::numeric_limits<double>::infinity();
  int side = 0;
  double root = 0;
  for (int i = 0; i < 100; ++i) {
    const double next = (low * at_high - high * at_low) / (at_high - at_low);
    const double at_next = excess(next);
    if (std::abs(next - root) < 1e-15 || at_next == 0) return std::exp2(next);
    root = next;
    if (at_next < 0) {
      low = next, at_low = at_next;
      if (side == -1) at_high *= 0.5;
      side = -1;
    } else {
      high = next, at_high = at_next;
      if (side == 1) at_low *= 0.5;
      side = 1;
    }
  }
  return std::exp2(root);
}

double equivalent_alpha_rate(double plain_rate) {
  return plain_rate / (1 + kAlphaPrime * kAlphaPrime * (1 - plain_rate));
}

GainBand stable_gains(const MomentRule& rule) {
  const auto gain = [&](double variance) {
    const ActivationMoments f = rule({0, variance});
    return variance / (f.variance + f.mean * f.mean);
  };
  constexpr double kSmall = 1e-10, kLarge = 1e10;
  return {gain(kSmall), gain(kLarge)};
}

double stationary_standard_deviation(const MomentRule& rule, double keep_probability) {
  constexpr int kLayers = 10'000;
  constexpr double kEndless = 1e6, kSettled = 1e-12;
  double square = 1, mean = 0;
  for (int layer = 0; layer < kLayers; ++layer) {
    const ActivationMoments f = rule({0, square});
    const double next = (f.variance + f.mean * f.mean) / keep_probability;
    mean = f.mean;
    if (next > kEndless) return std::numeric_limits<double>::infinity();
    const bool has_converged = std::abs(next - square) < kSettled * square;
    square = next;
    if (has_converged) break;
  }
  return std::sqrt(square - mean * mean);
}

}  // namespace selfnorm
