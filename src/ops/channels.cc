// SPDX-License-Identifier: Apache-2.0
#include "ops/channels.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace selfnorm {
namespace {

constexpr double kMinVariance = 1e-300;  ///< lower bound of variances that divide

// The differences between the channels of z over draws of their weights, as fractions of the
// variance. Channels differ by a constant, and by the size of a component that varies over samples
// and positions with few degrees of freedom.
struct ChannelVariation {
  double constant = 0;
  double varying = 0;
};

double covariance(const MomentField& z, std::int64_t element, Link link) {
  const auto e = static_cast<std::size_t>(element);
  const auto to = static_cast<std::size_t>(linked_element(z.extent, element, link));
  return z.product(link)[e] - z.mean[e] * z.mean[to];
}

// Returns the fraction of the variance that direct neighbors share, or 1 without neighbors.
double neighbor_correlation(const MomentField& z) {
  double shared = 0, all = 0;
  for (std::int64_t e = 0; e < z.extent.elements(); ++e) {
    if (linked_element(z.extent, e, Link::right) < 0) continue;
    shared += covariance(z, e, Link::right);
    all += z.variance(static_cast<std::size_t>(e));
  }
  return all > 0 ? shared / all : 1;
}

// The variance of a channel over its elements is Σ λ·g² with independent normal g, where λ are the
// eigenvalues of the covariance of the elements. Σ λ² is the mean square of the covariance of two
// elements, after each element's mean covariance is subtracted. Pairs of covariances with a common
// element estimate this term. A single λ represents the varying component. The variance that
// neighbors do not have in common has many degrees of freedom and is not part of it.
ChannelVariation channel_variation(const MomentField& z) {
  const FieldAverage all = field_average(z);
  const double variance = std::max(all.variance(), kMinVariance);
  double mean = 0, square = 0, chained = 0;
  for (std::int64_t e = 0; e < z.extent.elements(); ++e) {
    const double one = covariance(z, e, Link::far) / variance;
    const double next = covariance(z, linked_element(z.extent, e, Link::far), Link::far) / variance;
    mean += one;
    square += one * one;
    chained += one * next;
  }
  const auto count = static_cast<double>(z.extent.elements());
  const double interaction = (square - 2 * chained) / count + mean * mean / (count * count);
  const double constant =
      std::clamp((all.any_pair_product - all.mean * all.mean) / variance, 0.0, 1.0);
  const double limit = std::max(neighbor_correlation(z) - constant, 0.0);
  return {constant, std::min(std::sqrt(std::max(interaction, 0.0)), limit)};
}

// Returns z in channels with a constant of `standard_deviations` standard deviations and a varying
// component of `size` times its average size.
MomentField conditional_field(const MomentField& z, const ChannelVariation& variation,
                              double standard_deviations, double size) {
  MomentField y = z;
  const auto shift = [&](std::size_t e) {
    return standard_deviations * std::sqrt(variation.constant * std::max(z.variance(e), 0.0));
  };
  const double own = variation.varying * (size * size - 1);
  for (std::int64_t i = 0; i < z.extent.elements(); ++i) {
    const auto e = static_cast<std::size_t>(i);
    const double variance = std::max(z.variance(e), 0.0);
    y.mean[e] = z.mean[e] + shift(e);
    y.square[e] = y.mean[e] * y.mean[e] + (1 - variation.constant + own) * variance;
    for (const Link link : kLinks) {
      const std::int64_t other = linked_element(z.extent, i, link);
      if (other < 0) continue;
      const auto to = static_cast<std::size_t>(other);
      const double both = std::sqrt(variance * std::max(z.variance(to), 0.0));
      const double rest = z.product(link)[e] - z.mean[e] * z.mean[to] - variation.constant * both;
      // Elements have the varying component in common as far as they are correlated.
      const double limit = variation.varying * both;
      const double varying = std::clamp(rest, -limit, limit);
      y.product(link)[e] =
          rest + (size * size - 1) * varying + y.mean[e] * (z.mean[to] + shift(to));
    }
  }
  return y;
}

// Quadrature points of N(0, 1) and their weights.
using QuadratureRule = std::vector<std::pair<double, double>>;

// Gauss–Hermite rule with five points, because the result is a smooth function of the shift.
QuadratureRule shift_nodes(double constant) {
  if (constant < kNegligibleSpread) return {{0, 1}};
  const double root = std::sqrt(10.0);
  const double near = std::sqrt(5 - root), far = std::sqrt(5 + root);
  const double near_share = (7 + 2 * root) / 60, far_share = (7 - 2 * root) / 60;
  return {
      {-far, far_share}, {-near, near_share}, {0, 8.0 / 15}, {near, near_share}, {far, far_share}};
}

// Trapezoidal rule, which is less sensitive to the nearly singular 1/σ at size 0. A size and its
// negative have the same effect.
QuadratureRule size_nodes(double varying) {
  if (varying < kNegligibleSpread) return {{1, 1}};
  constexpr int kLargest = 4;
  QuadratureRule rule;
  for (int size = 0; size <= kLargest; ++size) {
    const double density = std::exp(-0.5 * size * size) / std::sqrt(2 * std::numbers::pi);
    rule.emplace_back(size, size == 0 ? density : 2 * density);
  }
  return rule;
}

}  // namespace

void for_each_normalized_channel(const Signal& x, double epsilon,
                                 const std::function<void(const ChannelDistribution&)>& body) {
  const auto& [z, f] = underlying_normal(x);
  const ChannelVariation variation = channel_variation(z);
  for (const auto& [standard_deviations, first] : shift_nodes(variation.constant)) {
    for (const auto& [size, second] : size_nodes(variation.varying)) {
      const MomentField channel = conditional_field(z, variation, standard_deviations, size);
      const FieldAverage y = field_average(f.forward(channel));
      const double scale = 1 / std::sqrt(y.variance() + epsilon);
      body({channel, f, scale, -y.mean * scale, first * second, y.variance()});
    }
  }
}

void for_each_channel(const Signal& x,
                      const std::function<void(const ChannelDistribution&)>& body) {
  if (x.normalization_input != nullptr)
    return for_each_normalized_channel(*x.normalization_input, x.epsilon, body);
  const auto& [z, f] = underlying_normal(x);
  body({z, f});
}

}  // namespace selfnorm
