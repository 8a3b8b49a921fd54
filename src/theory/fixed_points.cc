// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>

#include "selfnorm/theory.h"

namespace selfnorm {
namespace {

constexpr double kMaxMean = 1e3, kMinVariance = 1e-8, kMaxVariance = 1e8;
constexpr double kSameTolerance = 1e-6;  ///< relative distance below which two results are one
constexpr double kRounding = 1e-15;
constexpr int kNewtonSteps = 60;
constexpr int kIterations = 20000;

bool is_in_search_range(const Moments& moments) {
  return std::abs(moments.mean) <= kMaxMean && moments.variance >= kMinVariance &&
         moments.variance <= kMaxVariance;
}

double distance(const Moments& a, const Moments& b) {
  const double standard_deviation = std::sqrt(b.variance);
  return std::max(std::abs(a.mean - b.mean) / std::max(standard_deviation, std::abs(b.mean)),
                  std::abs(a.variance - b.variance) / b.variance);
}

// Returns the result of a Newton step for F(at) − at = 0. The step is shortened so that it changes
// the variance by at most half of it.
std::optional<Moments> newton_step(const LayerMap& map, const Moments& moments) {
  const double a = map.d_mean_d_mu - 1, b = map.d_mean_d_nu;
  const double c = map.d_variance_d_mu, d = map.d_variance_d_nu - 1;
  const double determinant = a * d - b * c;
  if (determinant == 0 || !std::isfinite(determinant)) return std::nullopt;
  const double f = map.outputs.mean - moments.mean, g = map.outputs.variance - moments.variance;
  const double mean = -(d * f - b * g) / determinant;
  const double variance = -(a * g - c * f) / determinant;
  const double shrink = std::min(1.0, 0.5 * moments.variance / std::abs(variance));
  return Moments{moments.mean + shrink * mean, moments.variance + shrink * variance};
}

std::optional<Moments> solve(const MomentRule& rule, const LayerWeights& weights, Moments moments) {
  for (int step = 0; step < kNewtonSteps; ++step) {
    const LayerMap map = layer_map(rule, moments, weights);
    if (map.outputs.variance > 0 && distance(map.outputs, moments) < kRounding) return moments;
    const auto next = newton_step(map, moments);
    if (!next || !is_in_search_range(*next)) return std::nullopt;
    const double moved = distance(*next, moments);
    moments = *next;
    if (moved < kRounding) return moments;
    if (moved < 1e-9 && step > kNewtonSteps / 2) return moments;  // at the limit of rounding
  }
  return std::nullopt;
}

bool converges_to(const MomentRule& rule, const LayerWeights& weights, Moments from,
                  const Moments& point) {
  for (int i = 0; i < kIterations; ++i) {
    if (distance(from, point) < 1e-3) return true;
    const Moments next = layer_map(rule, from, weights).outputs;
    const bool has_diverged = !std::isfinite(next.mean + next.variance) || next.variance < 1e-100;
    if (has_diverged || distance(next, from) < 1e-12) return false;
    from = next;
  }
  return false;
}

// Returns how far the basin of the point extends from `inner`, which is in it, towards `outer`.
// Both are coordinates on a line, which `moments_at` converts to moments.
template <class At>
double find_basin_edge(const MomentRule& rule, const LayerWeights& weights, const Moments& point,
                       double inner, double outer, At moments_at) {
  if (converges_to(rule, weights, moments_at(outer), point)) return outer;
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (inner + outer);
    (converges_to(rule, weights, moments_at(middle), point) ? inner : outer) = middle;
  }
  return inner;
}

void find_basin(const MomentRule& rule, const LayerWeights& weights, FixedPoint& point) {
  const Moments center = point.moments;
  const auto by_mean = [&](double mean) { return Moments{mean, center.variance}; };
  const auto by_log = [&](double log) { return Moments{center.mean, std::exp(log)}; };
  const double log = std::log(center.variance);
  point.basin_min_mean = find_basin_edge(rule, weights, center, center.mean, -kMaxMean, by_mean);
  point.basin_max_mean = find_basin_edge(rule, weights, center, center.mean, kMaxMean, by_mean);
  point.basin_min_variance =
      std::exp(find_basin_edge(rule, weights, center, log, std::log(kMinVariance), by_log));
  point.basin_max_variance =
      std::exp(find_basin_edge(rule, weights, center, log, std::log(kMaxVariance), by_log));
}

}  // namespace

std::vector<FixedPoint> fixed_points(const MomentRule& rule, const LayerWeights& weights) {
  std::vector<FixedPoint> found;
  for (int i = -8; i <= 8; ++i) {
    for (double variance = 1e-6; variance < 1e6; variance *= 2.5) {
      const Moments start{std::sinh(0.5 * i) * std::sqrt(variance), variance};
      const auto moments = solve(rule, weights, start);
      if (!moments || std::ranges::any_of(found, [&](const FixedPoint& other) {
            return distance(*moments, other.moments) < kSameTolerance;
          })) {
        continue;
      }
      FixedPoint point{*moments, layer_map(rule, *moments, weights)};
      point.is_attracting = point.map.spectral_radius() < 1;
      found.push_back(point);
    }
  }
  for (FixedPoint& point : found) {
    if (point.is_attracting) find_basin(rule, weights, point);
  }
  std::ranges::sort(found, {}, [](const FixedPoint& point) { return point.moments.variance; });
  return found;
}

}  // namespace selfnorm
