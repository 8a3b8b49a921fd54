// SPDX-License-Identifier: Apache-2.0
// Solves for α and λ of a SELU with a given fixed point.
#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string>

#include "selfnorm/error.h"
#include "selfnorm/theory.h"
#include "theory/half_line_moments.h"

namespace selfnorm {
namespace {

// The output has mean λ(P + αN) and second moment λ²(P₂ + α²N₂). P and N are the means and P₂ and
// N₂ the second moments of the two sides for λ = α = 1, each times the probability of its side.
struct SideMoments {
  double p, n, p2, n2;
};

SideMoments side_moments(const Gaussian& z, double scale) {
  const double root = std::sqrt(scale);
  const double standard_deviation = root * std::sqrt(z.variance),
               t = root * z.mean / standard_deviation;
  const HalfLineMoments plus = positive_half_line(1, t, standard_deviation),
                        minus = exponential_half_line(1, t, standard_deviation);
  return {plus.mass * plus.mean, minus.mass * minus.mean, plus.mass * plus.square(),
          minus.mass * minus.square()};
}

[[noreturn]] void fail_range(const char* what, const char* expected, double got) {
  throw Error(ErrorKind::config,
              fmt::format("theory: {}: expected {}, got {}", what, expected, got));
}

void check(const Moments& target, const LayerWeights& weights, double scale) {
  const auto positive = [](const char* what, double value) {
    if (!(value > 0) || !std::isfinite(value)) fail_range(what, "a number above 0", value);
  };
  const auto finite = [](const char* what, double value) {
    if (!std::isfinite(value)) fail_range(what, "a number", value);
  };
  finite("mean", target.mean);
  positive("variance", target.variance);
  finite("weight mean ω", weights.omega);
  positive("weight variance τ", weights.tau);
  positive("scale", scale);
}

// Solves (P + αN)²·S = μ²·(P₂ + α²N₂) with S = ν + μ², so that the squared mean is the fraction
// μ²/S of the second moment. As α rises from 0, this fraction falls to 0 at −P/N, where the mean is
// 0, and rises again towards N²/N₂. So a target of either sign has one α or none.
std::optional<double> solve_alpha(const SideMoments& m, double mean, double second) {
  const double square = mean * mean;
  const double a = m.n * m.n * second - square * m.n2;
  const double half_b = m.p * m.n * second;
  const double c = m.p * m.p * second - square * m.p2;
  const double root = std::abs(mean) * std::sqrt(second * (m.n * m.n * m.p2 + m.p * m.p * m.n2) -
                                                 square * m.n2 * m.p2);
  // A larger mean needs a smaller α, which selects one of the roots (−b ± r)/a with b < 0.
  if (mean > 0) return c > 0 ? std::optional(c / (root - half_b)) : std::nullopt;
  return a > 0 ? std::optional((root - half_b) / a) : std::nullopt;
}

// Returns why there is no α: the fraction of the squared mean in the second moment is bounded, or
// the constants exceed the range of double precision.
std::string reason(const SideMoments& m, const Moments& target) {
  const bool high = target.mean > 0;
  const double second_moment_ratio = high ? m.p2 / (m.p * m.p) : m.n2 / (m.n * m.n);
  const double min_variance = target.mean * target.mean * (second_moment_ratio - 1);
  if (min_variance >= target.variance && std::isfinite(min_variance)) {
    return fmt::format("a mean of {} needs a variance above {:.6g}, which is the limit for {}",
                       target.mean, min_variance,
                       high ? "α = 0 (a scaled ReLU)" : "α → ∞ (only an exponential)");
  }
  if (m.n * m.n <= 0 || m.p * m.p <= 0) {
    return fmt::format("with these weights, the pre-activation z is never {}",
                       m.n * m.n <= 0 ? "below 0" : "above 0");
  }
  return "they exceed the range of double precision";
}

}  // namespace

SeluConstants selu_constants(const Moments& target, const LayerWeights& weights, double scale) {
  check(target, weights, scale);
  const SideMoments m = side_moments(pre_activation(target, weights), scale);
  const double second = target.variance + target.mean * target.mean;
  const std::optional<double> alpha = solve_alpha(m, target.mean, second);
  const double lambda = alpha ? std::sqrt(second / (m.p2 + *alpha * *alpha * m.n2)) : 0;
  if (alpha && std::isfinite(*alpha) && std::isfinite(lambda) && lambda > 0) {
    return {*alpha, lambda, scale};
  }
  throw Error(ErrorKind::config, fmt::format("theory: no α and λ give the fixed point ({}, {}): {}",
                                             target.mean, target.variance, reason(m, target)));
}

}  // namespace selfnorm
