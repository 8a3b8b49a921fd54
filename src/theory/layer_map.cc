// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "selfnorm/theory.h"

namespace selfnorm {

Gaussian pre_activation(const Moments& inputs, const LayerWeights& weights) {
  const double second_moment =
      inputs.variance + (weights.is_random ? inputs.mean * inputs.mean : 0);
  return {inputs.mean * weights.omega, second_moment * weights.tau};
}

LayerMap layer_map(const MomentRule& rule, const Moments& inputs, const LayerWeights& weights) {
  const ActivationMoments f = rule(pre_activation(inputs, weights));
  const double variance_by_mu = weights.is_random ? 2 * inputs.mean * weights.tau : 0;
  LayerMap map;
  map.outputs = {f.mean, f.variance};
  map.d_mean_d_mu = f.slope_mean * weights.omega + f.d_mean_d_variance * variance_by_mu;
  map.d_mean_d_nu = f.d_mean_d_variance * weights.tau;
  map.d_variance_d_mu =
      f.d_variance_d_mean * weights.omega + f.d_variance_d_variance * variance_by_mu;
  map.d_variance_d_nu = f.d_variance_d_variance * weights.tau;
  map.gradient_growth = f.slope_second_moment * weights.tau;
  return map;
}

// Computes σ = (|A + rotated A| + |A − rotated A|)/2 of a 2×2 matrix, without a square root of a
// difference.
double LayerMap::largest_singular_value() const {
  const double a = d_mean_d_mu, b = d_mean_d_nu, c = d_variance_d_mu, d = d_variance_d_nu;
  return 0.5 * (std::hypot(a + d, b - c) + std::hypot(a - d, b + c));
}

double LayerMap::spectral_radius() const {
  const double half_trace = 0.5 * (d_mean_d_mu + d_variance_d_nu);
  const double half_difference = 0.5 * (d_mean_d_mu - d_variance_d_nu);
  const double square = half_difference * half_difference + d_mean_d_nu * d_variance_d_mu;
  if (square >= 0) return std::abs(half_trace) + std::sqrt(square);
  return std::hypot(half_trace, std::sqrt(-square));  // a pair of complex eigenvalues
}

}  // namespace selfnorm
