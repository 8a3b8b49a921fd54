// SPDX-License-Identifier: Apache-2.0
// Moments of activations with two sides that meet at 0. The laws of total variance and covariance
// combine the sides. The textbook form (powers of z, then a difference) overflows or cancels where
// this form does not.
#include <cmath>

#include "selfnorm/theory.h"
#include "theory/half_line_moments.h"
#include "theory/quadrature.h"
#include "theory/truncated_normal.h"

namespace selfnorm {
namespace {

// Combines the two sides of f with f(0) = 0. `kink` is f′(0+) − f′(0−), and `density` is the
// density of z at 0.
ActivationMoments combine_sides(const HalfLineMoments& minus, const HalfLineMoments& plus,
                                double kink, double density) {
  const double p = plus.mass, q = minus.mass, distance = plus.mean - minus.mean;
  ActivationMoments out;
  out.mean = p * plus.mean + q * minus.mean;
  out.variance = p * plus.variance + q * minus.variance + p * q * distance * distance;
  out.slope_mean = p * plus.slope + q * minus.slope;
  out.slope_second_moment = p * plus.slope_square + q * minus.slope_square;
  out.d_mean_d_variance = 0.5 * (p * plus.curvature + q * minus.curvature + kink * density);
  out.d_variance_d_mean = 2 * (p * plus.value_slope_covariance + q * minus.value_slope_covariance +
                               p * q * distance * (plus.slope - minus.slope));
  const double curvature_part = p * plus.value_curvature_covariance +
                                q * minus.value_curvature_covariance +
                                p * q * distance * (plus.curvature - minus.curvature);
  out.d_variance_d_variance = out.slope_second_moment + curvature_part - out.mean * kink * density;
  return out;
}

}  // namespace

ActivationMoments selu_moments(const Gaussian& z, const SeluConstants& constants) {
  const double root = std::sqrt(constants.scale);
  const double standard_deviation = root * std::sqrt(z.variance);
  const double t = root * z.mean / standard_deviation;
  const double lambda = constants.lambda, depth = constants.lambda * constants.alpha;
  ActivationMoments out = combine_sides(exponential_half_line(depth, t, standard_deviation),
                                        positive_half_line(lambda, t, standard_deviation),
                                        lambda - depth, normal_density(t) / standard_deviation);
  out.slope_mean *= root;
  out.slope_second_moment *= constants.scale;
  out.d_mean_d_variance *= constants.scale;
  out.d_variance_d_mean *= root;
  out.d_variance_d_variance *= constants.scale;
  return out;
}

ActivationMoments leaky_relu_moments(const Gaussian& z, double slope) {
  const double standard_deviation = std::sqrt(z.variance);
  const double t = z.mean / standard_deviation;
  return combine_sides(negative_half_line(slope, t, standard_deviation),
                       positive_half_line(1, t, standard_deviation), 1 - slope,
                       normal_density(t) / standard_deviation);
}

// Derivatives with respect to the variance of z follow from Stein's lemma: ∂E g/∂v = E g″/2 =
// E[g′·(z − m)]/(2v).
ActivationMoments quadrature_moments(const RealFunction& f, const RealFunction& df,
                                     const Gaussian& z, const std::vector<double>& kinks) {
  const auto mean_of = [&](const RealFunction& g) { return expectation(g, z, kinks); };
  ActivationMoments out;
  out.mean = mean_of(f);
  const auto centered = [&](double x) { return f(x) - out.mean; };
  out.variance = mean_of([&](double x) { return centered(x) * centered(x); });
  out.slope_mean = mean_of(df);
  out.slope_second_moment = mean_of([&](double x) { return df(x) * df(x); });
  out.d_mean_d_variance =
      mean_of([&](double x) { return df(x) * (x - z.mean); }) / (2 * z.variance);
  out.d_variance_d_mean = 2 * mean_of([&](double x) { return centered(x) * df(x); });
  out.d_variance_d_variance =
      mean_of([&](double x) { return centered(x) * df(x) * (x - z.mean); }) / z.variance;
  return out;
}

}  // namespace selfnorm
