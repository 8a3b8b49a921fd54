// SPDX-License-Identifier: Apache-2.0
#include "theory/half_line_moments.h"

#include <cmath>

#include "theory/truncated_normal.h"

namespace selfnorm {
namespace {

// Computes the moments of slope·z for z = sign·deviation·y, where y is the truncated normal with
// parameter t.
HalfLineMoments linear_half_line(double slope, double sign, double t, double standard_deviation) {
  HalfLineMoments side;
  side.mass = normal_tail_probability(t);
  if (side.mass == 0) return side;
  side.mean = slope * sign * standard_deviation * tail_excess_mean(t);
  side.variance = slope * slope * standard_deviation * standard_deviation * tail_excess_variance(t);
  side.slope = slope;
  side.slope_square = slope * slope;
  return side;
}

}  // namespace

HalfLineMoments positive_half_line(double slope, double t, double standard_deviation) {
  return linear_half_line(slope, 1, -t, standard_deviation);
}

HalfLineMoments negative_half_line(double slope, double t, double standard_deviation) {
  return linear_half_line(slope, -1, t, standard_deviation);
}

// Here z = −deviation·y, where y is the truncated normal, and f′ = f″ = f + depth.
HalfLineMoments exponential_half_line(double depth, double t, double standard_deviation) {
  HalfLineMoments side;
  side.mass = normal_tail_probability(t);
  if (side.mass == 0) return side;
  const double log_mean = tail_log_laplace_transform(t, standard_deviation);
  const double spread = tail_log_second_moment_ratio(t, standard_deviation);
  side.mean = depth * std::expm1(log_mean);
  side.slope = depth * std::exp(log_mean);
  side.variance = side.slope * side.slope * std::expm1(spread);
  side.slope_square = side.slope * side.slope * std::exp(spread);
  side.value_slope_covariance = side.variance;
  side.curvature = side.slope;
  side.value_curvature_covariance = side.variance;
  return side;
}

}  // namespace selfnorm
