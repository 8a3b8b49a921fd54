// SPDX-License-Identifier: Apache-2.0
#include "theory/covariance_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/index.h"

namespace selfnorm {
namespace {

constexpr std::array<Link, 4> kRight = {Link::right, Link::two_right, Link::four_right,
                                        Link::eight_right};
constexpr std::array<Link, 4> kDown = {Link::below, Link::two_below, Link::four_below,
                                       Link::eight_below};

// Returns the longest link of a sequence that is not longer than a distance.
Link longest_step(std::int64_t distance) {
  const Offset* longest = &kSequenceOffsets[0];
  for (const Offset& offset : kSequenceOffsets) {
    if (offset.columns <= distance && offset.columns > longest->columns) longest = &offset;
  }
  return longest->link;
}

}  // namespace

CovarianceModel::CovarianceModel(const MomentField& x)
    : x_(x), standard_deviations_(x.mean.size()) {
  for (std::size_t e = 0; e < standard_deviations_.size(); ++e) {
    standard_deviations_[e] = std::sqrt(std::max(0.0, x.variance(e)));
  }
  for (const Link link : kLinks) {
    auto& correlations = correlations_[static_cast<std::size_t>(link)];
    correlations.assign(standard_deviations_.size(), std::numeric_limits<double>::quiet_NaN());
    for_each_linked(x.extent, link, [&](std::int64_t e, std::int64_t other) {
      correlations[as_index(e)] = selfnorm::correlation(x, e, other, link);
    });
  }
}

double CovarianceModel::covariance(std::int64_t a, std::int64_t b) const {
  if (a == b) return standard_deviations_[as_index(a)] * standard_deviations_[as_index(a)];
  if (a > b) std::swap(a, b);
  const double both = standard_deviations_[as_index(a)] * standard_deviations_[as_index(b)];
  if (both == 0) return 0;
  const std::int64_t width = x_.extent.width;
  return correlation_at(a, b / width - a / width, b % width - a % width) * both;
}

double CovarianceModel::product(std::int64_t a, std::int64_t b) const {
  return covariance(a, b) + x_.mean[as_index(a)] * x_.mean[as_index(b)];
}

double CovarianceModel::correlation(std::int64_t e, Link link) const {
  return correlations_[static_cast<std::size_t>(link)][as_index(e)];
}

// Returns the correlation with the position at offset (dy, dx), dy ≥ 0.
double CovarianceModel::correlation_at(std::int64_t e, std::int64_t dy, std::int64_t dx) const {
  if (x_.extent.height == 1) return correlation(e, longest_step(dx));
  for (const Offset& offset : kImageOffsets) {
    if (offset.rows == dy && offset.columns == dx) return correlation(e, offset.link);
  }
  const double floor = std::min(correlation(e, Link::far), 1 - 1e-9);
  const std::int64_t left = dx < 0 ? e + dx : e;  // links point to the right
  const double excess =
      axis_correlation(e, dy, kDown, floor) * axis_correlation(left, std::abs(dx), kRight, floor);
  return floor + (1 - floor) * excess;
}

// Returns the excess of a correlation over the floor at a distance along an axis, as a fraction of
// 1 − floor. The links have the excess at one, two, four and eight steps. It is linear in between.
// After the last link, it falls to 0 at twice the distance of that link.
double CovarianceModel::axis_correlation(std::int64_t e, std::int64_t distance,
                                         const std::array<Link, 4>& links, double floor) const {
  double known = 1;
  std::int64_t at = 0;
  for (const Link link : links) {
    if (distance == at) return known;
    const double linked = correlation(e, link);
    if (std::isnan(linked)) break;
    const std::int64_t next = at == 0 ? 1 : 2 * at;
    const double excess = std::clamp((linked - floor) / (1 - floor), -1.0, 1.0);
    if (distance <= next) {
      return known +
             (excess - known) * static_cast<double>(distance - at) / static_cast<double>(next - at);
    }
    known = excess;
    at = next;
  }
  return known * std::max(0.0, 2 - static_cast<double>(distance) / static_cast<double>(at));
}

}  // namespace selfnorm
