// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "selfnorm/error.h"
#include "selfnorm/theory.h"
#include "theory/finite_width.h"

namespace selfnorm {
namespace {

constexpr double kMinScale = 1e-8;

[[noreturn]] void fail(const char* what, const std::string& expected, double got) {
  throw Error(ErrorKind::config,
              fmt::format("theory shape: {}: expected {}, got {:g}", what, expected, got));
}

void check(const DepthTunedSeluOptions& options) {
  if (options.depth < 1) fail("depth", "at least 1", static_cast<double>(options.depth));
  if (options.width < 0)
    fail("width", "at least 1, or 0 for infinite width", static_cast<double>(options.width));
  if (!(options.growth > 0) || !std::isfinite(options.growth)) {
    fail("growth", "a finite number above 0", options.growth);
  }
  if (!(options.dropout_growth > 0) || !std::isfinite(options.dropout_growth)) {
    fail("dropout_growth", "a finite number above 0", options.dropout_growth);
  }
  if (!(options.max_spread > 0)) {
    fail("spread", "a number above 0", options.max_spread);
  }
}

// Returns the rate of the alpha dropout with this factor on the gradient, clamped to [0, 0.95].
double dropout_rate(const DepthTunedSeluOptions& options) {
  constexpr double kMaxRate = 0.95;
  return std::clamp((1 / options.dropout_growth - 1) / (kAlphaPrime * kAlphaPrime), 0.0, kMaxRate);
}

double log_growth(const DepthTunedSeluOptions& options, const DepthTunedSelu& shape) {
  return static_cast<double>(options.depth) * std::log(shape.gradient_growth);
}

void check_growth(const DepthTunedSeluOptions& options) {
  const double min_log_growth =
      static_cast<double>(options.depth) * std::log(options.dropout_growth);
  if (std::log(options.growth) <= min_log_growth) {
    fail("growth",
         fmt::format("above {:g}, since no activation that preserves mean and variance lets a "
                     "gradient shrink (alpha dropout does: --dropout-rate)",
                     std::exp(min_log_growth)),
         options.growth);
  }
  const DepthTunedSelu straightest = selu_for_scale(kMinScale, options);
  const double max_depth = std::log(options.growth) / std::log(straightest.gradient_growth);
  if (log_growth(options, straightest) > std::log(options.growth)) {
    fail("depth",
         fmt::format("at most {:.3g} for a growth of {} (for more layers, double precision does "
                     "not distinguish the SELU from a straight line; allow a larger growth)",
                     std::floor(max_depth), options.growth),
         static_cast<double>(options.depth));
  }
}

// Returns the scale at which `excess` is 0, or 1 if `excess` is not above 0 there. `excess`
// increases with the scale.
template <class Excess>
double solve_scale(Excess excess) {
  if (excess(1.0) <= 0) return 1;
  double low = std::log(kMinScale), high = 0;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (excess(std::exp(middle)) <= 0 ? low : high) = middle;
  }
  return std::exp(low);
}

}  // namespace

DepthTunedSelu selu_for_scale(double scale, const DepthTunedSeluOptions& options) {
  check(options);
  if (!(scale >= kMinScale)) fail("scale", fmt::format("at least {:g}", kMinScale), scale);
  DepthTunedSelu shape{selu_constants({0, 1}, {}, scale)};
  const LayerMap map =
      layer_map([&](const Gaussian& z) { return selu_moments(z, shape.constants); }, {0, 1});
  const double rate = dropout_rate(options);
  const AlphaAffine affine = alpha_dropout_affine(rate, 0, 1);
  shape.gradient_growth = map.gradient_growth * options.dropout_growth;
  shape.typical_growth = shape.gradient_growth;
  // After dropout, the second moment is q·E(a·f + b)² plus a constant.
  shape.contraction =
      (1 - rate) * affine.a * (affine.a * map.d_variance_d_nu + 2 * affine.b * map.d_mean_d_nu);
  if (options.width > 0) {
    const FiniteWidthCorrection noise =
        finite_width(shape.constants, rate, options.width, options.is_orthogonal);
    shape.spread = noise.spread;
    shape.typical_growth = shape.gradient_growth * std::exp(noise.log_growth_shift);
    shape.log_growth_spread =
        std::sqrt(static_cast<double>(options.depth) * noise.log_growth_variance);
  }
  return shape;
}

DepthTunedSelu selu_for_depth(const DepthTunedSeluOptions& options) {
  check(options);
  check_growth(options);
  const double allowed = std::log(options.growth);
  DepthTunedSeluOptions wide = options;  // the search needs only the growth at infinite width
  wide.width = 0;
  const double by_growth =
      solve_scale([&](double s) { return log_growth(wide, selu_for_scale(s, wide)) - allowed; });
  const DepthTunedSelu shape = selu_for_scale(by_growth, options);
  if (shape.spread <= options.max_spread || allowed <= 0) return shape;
  return selu_for_scale(solve_scale([&](double s) {
                          const DepthTunedSelu at = selu_for_scale(s, options);
                          return log_growth(options, at) / allowed - at.spread / options.max_spread;
                        }),
                        options);
}

}  // namespace selfnorm
