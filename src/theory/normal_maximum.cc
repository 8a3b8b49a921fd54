// SPDX-License-Identifier: Apache-2.0
#include "theory/normal_maximum.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <string>

#include "base/random.h"

namespace selfnorm {
namespace {

constexpr double kRoundingError = 1e-12;  ///< fraction of a variance below which it counts as 0

// Returns sample points of `count` independent N(0, 1), one after the other. They are drawn,
// mirrored and orthonormalized, so that means and covariances of linear functions are exact.
std::vector<double> normal_points(std::size_t count) {
  constexpr std::size_t kFew = 9;  // more variables need fewer points
  const std::size_t half = count > kFew ? std::max<std::size_t>(64, 2 * count) : 256;
  const std::size_t rows = 2 * half;
  std::vector<double> points(rows * count);
  const RandomKey key = random_key(0, "largest", std::to_string(count));
  for (std::size_t column = 0; column < count; ++column) {
    const auto at = [&](std::size_t row, std::size_t c) -> double& {
      return points[row * count + c];
    };
    for (std::size_t i = 0; i < half; ++i) at(i, column) = normal(key, i * count + column);
    for (std::size_t before = 0; before <= column; ++before) {
      double product = 0;
      for (std::size_t i = 0; i < half; ++i) product += at(i, before) * at(i, column);
      product /= static_cast<double>(half);
      for (std::size_t i = 0; i < half; ++i) {
        if (before < column) at(i, column) -= product * at(i, before);
        else at(i, column) /= std::sqrt(product);
      }
    }
    for (std::size_t i = 0; i < half; ++i) at(half + i, column) = -at(i, column);
  }
  return points;
}

const std::vector<double>& points_for(std::size_t count) {
  thread_local std::map<std::size_t, std::vector<double>> known;
  auto& points = known[count];
  if (points.empty()) points = normal_points(count);
  return points;
}

// Returns the lower triangle L with L·Lᵀ = covariances, row by row. Modeled covariances may not be
// positive semidefinite. Then L is that of nearby covariances with the same variances, clamped row
// by row.
std::vector<double> cholesky(const Normals& x) {
  const std::size_t n = x.means.size();
  std::vector<double> factor(n * n, 0);
  const auto at = [&](std::size_t i, std::size_t j) -> double& { return factor[i * n + j]; };
  for (std::size_t i = 0; i < n; ++i) {
    double rest = std::max(x.covariance(i, i), 0.0);  // remaining variance
    for (std::size_t j = 0; j < i; ++j) {
      if (at(j, j) <= 0) continue;
      double shared = x.covariance(i, j);
      for (std::size_t k = 0; k < j; ++k) shared -= at(i, k) * at(j, k);
      const double limit = std::sqrt(rest);
      at(i, j) = std::clamp(shared / at(j, j), -limit, limit);
      rest = std::max(rest - at(i, j) * at(i, j), 0.0);
    }
    at(i, i) = rest > kRoundingError * x.covariance(i, i) ? std::sqrt(rest) : 0;
  }
  return factor;
}

// Calls body(values, weight) with sample points of the variables.
template <class Body>
void for_each_point(const Normals& x, Body body) {
  const std::size_t n = x.means.size();
  const std::vector<double>& points = points_for(n);
  const std::vector<double> factor = cholesky(x);
  const double weight = static_cast<double>(n) / static_cast<double>(points.size());
  std::vector<double> values(n);
  for (std::size_t row = 0; row < points.size(); row += n) {
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = x.means[i];
      for (std::size_t j = 0; j <= i; ++j) values[i] += factor[i * n + j] * points[row + j];
    }
    body(values, weight);
  }
}

Normals to_normals(const EquicorrelatedNormals& x, std::size_t count) {
  Normals normals{std::vector<double>(count, x.mean),
                  std::vector<double>(count * count, x.correlation * x.variance)};
  for (std::size_t i = 0; i < count; ++i) normals.covariances[i * count + i] = x.variance;
  return normals;
}

}  // namespace

Moments maximum_moments(const Normals& x) {
  double mean = 0, square = 0;
  for_each_point(x, [&](const std::vector<double>& values, double weight) {
    const double largest = *std::ranges::max_element(values);
    mean += weight * largest;
    square += weight * largest * largest;
  });
  return {mean, std::max(square - mean * mean, 0.0)};
}

Moments standard_normal_maximum(std::size_t count) {
  thread_local std::map<std::size_t, Moments> known;
  const auto [found, is_new] = known.try_emplace(count);
  if (!is_new) return found->second;
  Normals unit{std::vector<double>(count, 0), std::vector<double>(count * count, 0)};
  for (std::size_t i = 0; i < count; ++i) unit.covariances[i * count + i] = 1;
  return found->second = maximum_moments(unit);
}

// Equicorrelated normals are m + √v·(√ρ·a + √(1 − ρ)·bᵢ). The largest of them has the largest bᵢ.
EquicorrelatedNormals match_equicorrelated(const Normals& normals) {
  const std::size_t count = normals.means.size();
  const double mean =
      std::accumulate(normals.means.begin(), normals.means.end(), 0.0) / static_cast<double>(count);
  if (count == 1) return {mean, normals.covariances[0], 0};
  const Moments unit = standard_normal_maximum(count), all = maximum_moments(normals);
  const double own = std::max(all.mean - mean, 0.0) / unit.mean;
  const double shared = std::max(all.variance - own * own * unit.variance, 0.0);
  const double variance = own * own + shared;
  return {mean, variance, variance > 0 ? shared / variance : 0};
}

// A mask keeps the j-th largest and none above it with probability q·(1 − q)^(j−1).
MaskedMaximumCovariances masked_maximum_covariances(const EquicorrelatedNormals& normals,
                                                    std::int64_t count, const RealFunction& f,
                                                    double q, double dropped) {
  double masked = 0, largest = 0, masked_square = 0, largest_square = 0, product = 0;
  std::vector<double> sorted;
  for_each_point(to_normals(normals, static_cast<std::size_t>(count)),
                 [&](const std::vector<double>& z, double weight) {
                   sorted = z;
                   std::ranges::sort(sorted, std::greater());
                   double mean = 0, none_above = 1;
                   for (const double each : sorted) {
                     mean += none_above * q * f(each);
                     none_above *= 1 - q;
                   }
                   mean += none_above * dropped;
                   const double top = f(sorted.front());
                   masked += weight * mean;
                   largest += weight * top;
                   masked_square += weight * mean * mean;
                   largest_square += weight * top * top;
                   product += weight * mean * top;
                 });
  const double variance = largest_square - largest * largest;
  if (!(variance > 0)) return {};
  return {(masked_square - masked * masked) / variance, (product - masked * largest) / variance};
}

}  // namespace selfnorm
