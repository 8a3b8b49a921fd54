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

void check(const DepthTunedSeluOptions& request) {
  if (request.depth < 1) fail("depth", "at least 1", static_cast<double>(request.depth));
  if (request.width < 0) fail("width", "at least 1", static_cast<double>(request.width));
  if (!(request.growth > 0) || !std::isfinite(request.growth)) {
    fail("growth", "a finite number above 0", request.growth);
  }
  if (!(request.dropout_growth > 0) || !std::isfinite(request.dropout_growth)) {
    fail("dropout's growth", "a finite number above 0", request.dropout_growth);
  }
  if (!(request.max_spread > 0)) {
    fail("spread", "a number above 0", request.max_spread);
  }
}

// Returns the rate of the alpha dropout with this factor on the gradient, clamped to [0, 0.95].
double dropout_rate(const DepthTunedSeluOptions& request) {
  constexpr double kMost = 0.95;
  return std::clamp((1 / request.dropout_growth - 1) / (kAlphaPrime * kAlphaPrime), 0.0, kMost);
}

double log_growth(const DepthTunedSeluOptions& request, const DepthTunedSelu& shape) {
  return static_cast<double>(request.depth) * std::log(shape.gradient_growth);
}

void check_growth(const DepthTunedSeluOptions& request) {
  const double least = static_cast<double>(request.depth) * std::log(request.dropout_growth);
  if (std::log(request.growth) <= least) {
    fail("growth",
         fmt::format("above {:g}, since no activation that keeps mean and variance lets a "
                     "gradient shrink (alpha dropout does: --dropout-rate)",
                     std::exp(least)),
         request.growth);
  }
  const DepthTunedSelu straightest = selu_for_scale(kMinScale, request);
  const double most = std::log(request.growth) / std::log(straightest.gradient_growth);
  if (log_growth(request, straightest) > std::log(request.growth)) {
    fail("depth",
         fmt::format("at most {:.3g} for a growth of {} (more layers cannot be distinguished from "
                     "straight lines in double precision; a larger growth helps)",
                     std::floor(most), request.growth),
         static_cast<double>(request.depth));
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

DepthTunedSelu selu_for_scale(double scale, const DepthTunedSeluOptions& request) {
  check(request);
  if (!(scale >= kMinScale)) fail("scale", fmt::format("at least {:g}", kMinScale), scale);
  DepthTunedSelu shape{selu_constants({0, 1}, {}, scale)};
  const LayerMap map =
      layer_map([&](const Gaussian& z) { return selu_moments(z, shape.constants); }, {0, 1});
  const double rate = dropout_rate(request);
  const AlphaAffine affine = alpha_dropout_affine(rate, 0, 1);
  shape.gradient_growth = map.gradient_growth * request.dropout_growth;
  shape.typical_growth = shape.gradient_growth;
  // After dropout, the second moment is q·E(a·f + b)² plus a constant.
  shape.contraction =
      (1 - rate) * affine.a * (affine.a * map.d_variance_d_nu + 2 * affine.b * map.d_mean_d_nu);
  if (request.width > 0) {
    const FiniteWidthCorrection noise =
        finite_width(shape.constants, rate, request.width, request.is_orthogonal);
    shape.spread = noise.spread;
    shape.typical_growth = shape.gradient_growth * std::exp(noise.log_growth_shift);
    shape.log_growth_spread =
        std::sqrt(static_cast<double>(request.depth) * noise.log_growth_variance);
  }
  return shape;
}

DepthTunedSelu selu_for_depth(const DepthTunedSeluOptions& request) {
  check(request);
  check_growth(request);
  const double allowed = std::log(request.growth);
  DepthTunedSeluOptions wide = request;  // the search needs only the growth at infinite width
  wide.width = 0;
  const double by_growth =
      solve_scale([&](double s) { return log_growth(wide, selu_for_scale(s, wide)) - allowed; });
  const DepthTunedSelu shape = selu_for_scale(by_growth, request);
  if (shape.spread <= request.max_spread || allowed <= 0) return shape;
  return selu_for_scale(solve_scale([&](double s) {
                          const DepthTunedSelu at = selu_for_scale(s, request);
                          return log_growth(request, at) / allowed - at.spread / request.max_spread;
                        }),
                        request);
}

}  // namespace selfnorm
