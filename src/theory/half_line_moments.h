// SPDX-License-Identifier: Apache-2.0
// Moments of either side of a function f with a kink at 0 and f(0) = 0. Given its sign, a normal z
// is a truncated normal, and the moments of f are sums of terms of one sign, which do not cancel.
#pragma once

namespace selfnorm {

/// Moments of f given that z is on one side of 0. All are 0 if the side has no mass.
struct HalfLineMoments {
  double mass = 0;                        ///< P(z on this side)
  double mean = 0;                        ///< E f
  double variance = 0;                    ///< Var f
  double slope = 0;                       ///< E f′
  double slope_square = 0;                ///< E f′²
  double value_slope_covariance = 0;      ///< Cov(f, f′)
  double curvature = 0;                   ///< E f″
  double value_curvature_covariance = 0;  ///< Cov(f, f″)

  double square() const { return variance + mean * mean; }
};

/// Computes the moments of f(z) = slope·z for z > 0, where z ~ N(deviation·t, deviation²).
HalfLineMoments positive_half_line(double slope, double t, double standard_deviation);

/// As above for f(z) = slope·z and z < 0.
HalfLineMoments negative_half_line(double slope, double t, double standard_deviation);

/// As above for f(z) = depth·(e^z − 1) and z < 0.
HalfLineMoments exponential_half_line(double depth, double t, double standard_deviation);

}  // namespace selfnorm
