#include <fmt/format.h>

#include <cmath>

#include "selfnorm/error.h"
#include "selfnorm/theory.h"
#include "theory/finite_width.h"

namespace selfnorm {
namespace {

constexpr double kLeastScale = 1e-12;

void check(const DepthShapeRequest& request) {
  const auto fail = [](const char* what, const char* expected, double got) {
    throw Error(ErrorKind::config,
                fmt::format("theory shape: {}: expected {}, got {}", what, expected, got));
  };
  if (request.depth < 1) fail("depth", "at least 1", static_cast<double>(request.depth));
  if (request.width < 0) fail("width", "at least 1", static_cast<double>(request.width));
  if (!(request.growth > 0) || !std::isfinite(request.growth)) {
    fail("growth", "a number above 0", request.growth);
  }
  if (!(request.greatest_spread > 0)) {
    fail("spread", "a number above 0", request.greatest_spread);
  }
}

// The scale at which `excess`, which rises with it, is 0; 1 where it is below 0 there.
template <class Excess>
double solve_scale(Excess excess) {
  if (excess(1.0) <= 0) return 1;
  double low = std::log(kLeastScale), high = 0;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (excess(std::exp(middle)) <= 0 ? low : high) = middle;
  }
  return std::exp(low);
}

}  // namespace

double alpha_dropout_growth(double rate) { return 1 / (1 + kAlphaPrime * kAlphaPrime * rate); }

DepthShape shape_of_scale(double scale, const DepthShapeRequest& request) {
  DepthShape shape{selu_constants({0, 1}, {}, scale)};
  const LayerMap map =
      layer_map([&](const Gaussian& z) { return selu_moments(z, shape.constants); }, {0, 1});
  shape.gradient_growth = map.gradient_growth * request.dropout_growth;
  shape.contraction = map.spectral_radius();
  shape.typical_growth = shape.gradient_growth;
  if (request.width > 0) {
    const FiniteWidth noise = finite_width(shape.constants, request.width, request.orthogonal);
    shape.spread = noise.spread;
    shape.typical_growth = shape.gradient_growth * std::exp(noise.log_growth_shift);
    shape.log_growth_spread =
        std::sqrt(static_cast<double>(request.depth) * noise.log_growth_variance);
  }
  return shape;
}

DepthShape shape_for_depth(const DepthShapeRequest& request) {
  check(request);
  const double allowed = std::log(request.growth);
  const auto log_growth = [&](const DepthShape& shape) {
    return static_cast<double>(request.depth) * std::log(shape.gradient_growth);
  };
  if (allowed <= static_cast<double>(request.depth) * std::log(request.dropout_growth)) {
    throw Error(ErrorKind::config,
                fmt::format("theory shape: growth: expected above 1, since no activation that "
                            "keeps the variance lets a gradient shrink, got {} (alpha dropout "
                            "does: --dropout-rate)",
                            request.growth));
  }
  const double by_growth =
      solve_scale([&](double s) { return log_growth(shape_of_scale(s, request)) - allowed; });
  const DepthShape shape = shape_of_scale(by_growth, request);
  if (shape.spread <= request.greatest_spread || allowed <= 0) return shape;
  return shape_of_scale(solve_scale([&](double s) {
                          const DepthShape at = shape_of_scale(s, request);
                          return log_growth(at) / allowed - at.spread / request.greatest_spread;
                        }),
                        request);
}

}  // namespace selfnorm
