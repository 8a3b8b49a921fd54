// SPDX-License-Identifier: Apache-2.0
#include "theory/finite_width.h"

#include <cmath>

#include "theory/quadrature.h"
#include "theory/selu.h"

namespace selfnorm {
namespace {

// Moments of y² and s = (∂y/∂z)²/E(∂y/∂z)², which both have mean 1, for a unit y = d·(a·f(z) + b) +
// (1 − d)·(a·α′ + b) with z ~ N(0, 1) and the mask d of alpha dropout. Derivatives with respect to
// the variance q of z are moments with Hermite polynomials: ∂ E g(√q z)/∂q = E g·(z² − 1)/2, and
// ∂² = E g·(z⁴ − 6z² + 3)/4.
struct UnitMoments {
  double slope = 0;  ///< E(∂y/∂z)²
  double square_variance = 0, slope_variance = 0, covariance = 0;
  double contraction = 0, contraction_derivative = 0;  ///< ∂ and ∂² of E y² with respect to q
  double drift = 0, drift_derivative = 0;              ///< ∂ and ∂² of E s with respect to q
  double slope_z2 = 0;                                 ///< E s·z²
};

// y², (∂y/∂z)² and z² of a unit for one z and one mask.
struct Squares {
  double value = 0, slope = 0, z2 = 0;
};

UnitMoments unit_moments(const SeluConstants& f, double rate) {
  const AlphaAffine affine = alpha_dropout_affine(rate, 0, 1);
  const double dropped = affine.a * kAlphaPrime + affine.b;
  const auto kept = [&](double z) {
    const double y = affine.a * selu_at(f, z) + affine.b;
    const double dy = affine.a * selu_slope_at(f, z);
    return Squares{y * y, dy * dy, z * z};
  };
  const auto mean = [&](auto of) {
    return expectation(
        [&](double z) {
          return (1 - rate) * of(kept(z)) + rate * of(Squares{dropped * dropped, 0, z * z});
        },
        {0, 1}, {0});
  };
  const auto h2 = [](double z2) { return 0.5 * (z2 - 1); };
  const auto h4 = [](double z2) { return 0.25 * (z2 * (z2 - 6) + 3); };
  UnitMoments unit;
  unit.slope = mean([](const Squares& at) { return at.slope; });
  const double m = unit.slope;
  unit.square_variance = mean([](const Squares& at) { return at.value * at.value; }) - 1;
  unit.slope_variance = mean([](const Squares& at) { return at.slope * at.slope; }) / (m * m) - 1;
  unit.covariance = mean([](const Squares& at) { return at.value * at.slope; }) / m - 1;
  unit.contraction = mean([&](const Squares& at) { return at.value * h2(at.z2); });
  unit.contraction_derivative = mean([&](const Squares& at) { return at.value * h4(at.z2); });
  unit.drift = mean([&](const Squares& at) { return at.slope * h2(at.z2); }) / m;
  unit.drift_derivative = mean([&](const Squares& at) { return at.slope * h4(at.z2); }) / m;
  unit.slope_z2 = mean([](const Squares& at) { return at.slope * at.z2; }) / m;
  return unit;
}

}  // namespace

// Forward, q = Σyᵢ²/n differs from 1 by δ, and each layer maps δ to δ' = c·δ + noise. With Gaussian
// weights, the n zᵢ are independent given the inputs. Orthogonal weights keep Σzᵢ². This removes
// the part of y² and s that a regression on z² (with variance 2) explains, and the average is over
// a sphere with a fixed radius.
//
// Backward, a layer multiplies |g|² by Σwᵢ·sᵢ·E(∂y/∂z)², with wᵢ = gᵢ²/|g|² for g in a random
// direction. Σwᵢ² = 3/n gives a variance of 3 Var s. One of these three is common to all directions
// and is regressed as above. The layer then multiplies by |Wᵀh|²/|h|². This is χ²/n plus a part
// along the inputs for Gaussian weights, and 1 for orthogonal weights. `aligned` is the fraction of
// g along y in excess of 1/n, that of any direction: A = g·y follows A' = c·A + noise. The forward
// noise of a layer changes the derivatives of about 1/(1 − c) layers above by ∂ log E(∂y/∂z)²/∂q.
FiniteWidthCorrection finite_width(const SeluConstants& constants, double dropout_rate,
                                   std::int64_t width, bool orthogonal) {
  const UnitMoments unit = unit_moments(constants, dropout_rate);
  const double n = static_cast<double>(width), c = unit.contraction, c2 = c * c;
  const double drift = unit.drift;
  double square = unit.square_variance, slope = unit.slope_variance, both = unit.covariance;
  if (orthogonal) {
    square -= 2 * c2, slope -= 2 * drift * drift, both -= 2 * c * drift;
  }
  const double backward = 2 * unit.slope_variance + slope + (orthogonal ? 0 : 2);
  const double memory = drift / (1 - c);
  const double q_variance = square / (1 - c2);  // in units of 1/n, as what follows
  const double q_shift = (0.5 * unit.contraction_derivative * q_variance -
                          (orthogonal ? unit.contraction_derivative : 0)) /
                         (1 - c);
  const double aligned = (unit.slope * unit.slope_z2 - c2) / (unit.slope - c2) - 1;
  const double shift = drift * q_shift +
                       0.5 * (unit.drift_derivative - drift * drift) * q_variance - 0.5 * backward +
                       aligned * unit.covariance + (orthogonal ? -unit.drift_derivative : aligned);
  return {0.5 * std::sqrt(q_variance / n), shift / n,
          (backward + memory * memory * square + 2 * memory * both) / n};
}

}  // namespace selfnorm
