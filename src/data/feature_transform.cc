// SPDX-License-Identifier: Apache-2.0
#include "data/feature_transform.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>

#include "base/quantile.h"
#include "theory/normal_quantile.h"

namespace selfnorm {
namespace {

using Kind = FeatureTransform::Kind;

constexpr std::pair<Kind, std::string_view> kNames[] = {{Kind::none, "none"},
                                                        {Kind::constant, "constant"},
                                                        {Kind::smooth_clip, "smooth_clip"},
                                                        {Kind::quantile, "quantile"}};

double smooth_clip(double u) {
  constexpr double kLimit = 3;
  return u / std::sqrt(1 + u * u / (kLimit * kLimit));
}

// Returns the index of the last of the increasing numbers that is at most x, or 0. The processor
// cannot predict the branches of a binary search, so this one has none.
std::size_t last_at_most(const std::vector<double>& increasing, double x) {
  const double* first = increasing.data();
  for (std::size_t count = increasing.size(); count > 1;) {
    const std::size_t half = count / 2;
    first = first[half] <= x ? first + half : first;
    count -= half;
  }
  return static_cast<std::size_t>(first - increasing.data());
}

double interpolate(const FeatureTransform& transform, double x) {
  const std::vector<double>&from = transform.knots, &to = transform.normals;
  if (!(x > from.front())) return std::isnan(x) ? x : to.front();
  if (x >= from.back()) return to.back();
  const std::size_t below = last_at_most(from, x);
  const double part = (x - from[below]) / (from[below + 1] - from[below]);
  return to[below] + part * (to[below + 1] - to[below]);
}

bool is_increasing(const std::vector<double>& numbers) {
  return std::ranges::adjacent_find(numbers, std::greater_equal<>()) == numbers.end();
}

bool are_finite(const std::vector<double>& numbers) {
  return std::ranges::all_of(numbers, [](double x) { return std::isfinite(x); });
}

}  // namespace

double apply_transform(const FeatureTransform& transform, double x) {
  switch (transform.kind) {
    case Kind::none: return x;
    case Kind::constant: return transform.center;
    case Kind::smooth_clip: return smooth_clip((x - transform.center) / transform.width);
    case Kind::quantile: return interpolate(transform, x);
  }
  return x;
}

FeatureTransform fit_smooth_clip(const std::vector<double>& sorted) {
  if (sorted.empty() || sorted.front() == sorted.back()) return {};
  const double quartiles = quantile_of(sorted, 0.75) - quantile_of(sorted, 0.25);
  const double width = quartiles > 0 ? quartiles : sorted.back() / 2 - sorted.front() / 2;
  return {Kind::smooth_clip, quantile_of(sorted, 0.5), width, {}, {}};
}

FeatureTransform fit_normal_quantiles(const std::vector<double>& sorted) {
  if (sorted.empty() || sorted.front() == sorted.back()) return {};
  constexpr std::size_t kKnots = 256;
  FeatureTransform out{Kind::quantile, 0, 1, {}, {}};
  const std::size_t last = sorted.size() - 1, knots = std::min(kKnots, sorted.size());
  for (std::size_t knot = 0; knot < knots; ++knot) {
    const double x = sorted[knot * last / (knots - 1)];
    if (!out.knots.empty() && x == out.knots.back()) continue;
    const auto [first, end] = std::equal_range(sorted.begin(), sorted.end(), x);
    const auto rank = static_cast<double>((first - sorted.begin()) + (end - sorted.begin())) / 2;
    out.knots.push_back(x);
    out.normals.push_back(normal_quantile(rank / static_cast<double>(sorted.size())));
  }
  return out;
}

bool is_valid(const FeatureTransform& transform) {
  if (transform.kind != Kind::quantile)
    return std::isfinite(transform.center) && std::isfinite(transform.width) && transform.width > 0;
  return transform.knots.size() >= 2 && transform.knots.size() == transform.normals.size() &&
         are_finite(transform.knots) && are_finite(transform.normals) &&
         is_increasing(transform.knots) && is_increasing(transform.normals);
}

std::string_view name_of(FeatureTransform::Kind kind) {
  return std::ranges::find(kNames, kind, &std::pair<Kind, std::string_view>::first)->second;
}

std::optional<FeatureTransform::Kind> transform_named(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &std::pair<Kind, std::string_view>::second);
  if (found == std::end(kNames)) return std::nullopt;
  return found->first;
}

}  // namespace selfnorm
