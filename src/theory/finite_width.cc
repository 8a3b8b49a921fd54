#include "theory/finite_width.h"

#include <cmath>

#include "theory/quadrature.h"

namespace selfnorm {
namespace {

// Of a unit with z ~ N(0, 1): f² and s = f′²/E f′², both of mean 1. Derivatives by the variance of
// z are moments with Hermite polynomials: ∂ E g(√q z)/∂q = E g·(z² − 1)/2, ∂² = E g·(z⁴ − 6z² +
// 3)/4.
struct UnitMoments {
  double slope = 0;  ///< E f′²
  double square_variance = 0, slope_variance = 0, covariance = 0;
  double contraction = 0, contraction_change = 0;  ///< ∂ and ∂² of E f² by q
  double drift = 0, drift_change = 0;              ///< ∂ and ∂² of E s by q
  double slope_z2 = 0;                             ///< E s·z²
};

UnitMoments unit_moments(const SeluConstants& f) {
  const double root = std::sqrt(f.scale);
  const auto square = [&](double z) {
    const double x = root * z, y = f.lambda * (x > 0 ? x : f.alpha * std::expm1(x));
    return y * y;
  };
  const auto slope_square = [&](double z) {
    const double dy = f.lambda * root * (z > 0 ? 1 : f.alpha * std::exp(root * z));
    return dy * dy;
  };
  const auto mean = [](const RealFunction& of) { return expectation(of, {0, 1}, {0}); };
  UnitMoments unit;
  unit.slope = mean(slope_square);
  const auto s = [&](double z) { return slope_square(z) / unit.slope; };
  const auto h2 = [](double z) { return 0.5 * (z * z - 1); };
  const auto h4 = [](double z) { return 0.25 * (z * z * (z * z - 6) + 3); };
  unit.square_variance = mean([&](double z) { return square(z) * square(z); }) - 1;
  unit.slope_variance = mean([&](double z) { return s(z) * s(z); }) - 1;
  unit.covariance = mean([&](double z) { return square(z) * s(z); }) - 1;
  unit.contraction = mean([&](double z) { return square(z) * h2(z); });
  unit.contraction_change = mean([&](double z) { return square(z) * h4(z); });
  unit.drift = mean([&](double z) { return s(z) * h2(z); });
  unit.drift_change = mean([&](double z) { return s(z) * h4(z); });
  unit.slope_z2 = mean([&](double z) { return s(z) * z * z; });
  return unit;
}

}  // namespace

// Forward, q = Σf(zᵢ)²/n follows δ' = c·δ + noise around 1: given the inputs, n independent zᵢ with
// Gaussian weights. Orthogonal ones keep Σzᵢ², which takes out what f² and s have in common with z²
// (regression on z², of variance 2), and averages over a sphere, whose radius does not vary.
//
// Backward, a layer multiplies |g|² by Σwᵢ·s(zᵢ)·E f′², wᵢ = gᵢ²/|g|² with g in a random direction
// (Σwᵢ² = 3/n, so 3 Var s, of which the 1 that all directions share is regressed as above), then by
// |Wᵀh|²/|h|²: for Gaussian weights χ²/n and what goes along the inputs y, for orthogonal ones 1.
// `aligned` is the share of g along y (of f, one layer up), in excess of the 1/n of any direction:
// A = g·y follows A' = c·A + noise. A layer's forward noise moves the slopes of the layers above by
// ∂ log E f′²/∂q, over 1/(1 − c) layers.
FiniteWidth finite_width(const SeluConstants& constants, std::int64_t width, bool orthogonal) {
  const UnitMoments unit = unit_moments(constants);
  const double n = static_cast<double>(width), c = unit.contraction, c2 = c * c;
  const double drift = unit.drift;
  double square = unit.square_variance, slope = unit.slope_variance, both = unit.covariance;
  if (orthogonal) {
    square -= 2 * c2, slope -= 2 * drift * drift, both -= 2 * c * drift;
  }
  const double backward = 2 * unit.slope_variance + slope + (orthogonal ? 0 : 2);
  const double memory = drift / (1 - c);
  const double q_variance = square / (1 - c2);  // this and what follows: times 1/n
  const double q_shift =
      (0.5 * unit.contraction_change * q_variance - (orthogonal ? unit.contraction_change : 0)) /
      (1 - c);
  const double aligned = (unit.slope * unit.slope_z2 - c2) / (unit.slope - c2) - 1;
  const double shift = drift * q_shift + 0.5 * (unit.drift_change - drift * drift) * q_variance -
                       0.5 * backward + aligned * unit.covariance +
                       (orthogonal ? -unit.drift_change : aligned);
  return {0.5 * std::sqrt(q_variance / n), shift / n,
          (backward + memory * memory * square + 2 * memory * both) / n};
}

}  // namespace selfnorm
