#include "theory/sides.h"

#include <cmath>

#include "theory/truncated_normal.h"

namespace selfnorm {
namespace {

// slope·z for z = sign·deviation·y, with y the cut-off normal of parameter t.
Side linear_side(double slope, double sign, double t, double deviation) {
  Side side;
  side.mass = tail_mass(t);
  if (side.mass == 0) return side;
  side.mean = slope * sign * deviation * tail_mean(t);
  side.variance = slope * slope * deviation * deviation * tail_variance(t);
  side.slope = slope;
  side.slope_square = slope * slope;
  return side;
}

}  // namespace

Side positive_side(double slope, double t, double deviation) {
  return linear_side(slope, 1, -t, deviation);
}

Side negative_side(double slope, double t, double deviation) {
  return linear_side(slope, -1, t, deviation);
}

// z = −deviation·y; f′ = f″ = f + depth.
Side exponential_side(double depth, double t, double deviation) {
  Side side;
  side.mass = tail_mass(t);
  if (side.mass == 0) return side;
  const double log_mean = log_tail_exponential(t, deviation);
  const double spread = log_tail_exponential_spread(t, deviation);
  side.mean = depth * std::expm1(log_mean);
  side.slope = depth * std::exp(log_mean);
  side.variance = side.slope * side.slope * std::expm1(spread);
  side.slope_square = side.slope * side.slope * std::exp(spread);
  side.value_slope = side.variance;
  side.curvature = side.slope;
  side.value_curvature = side.variance;
  return side;
}

}  // namespace selfnorm
