// SPDX-License-Identifier: Apache-2.0
#include "theory/moment_window.h"

#include <algorithm>
#include <cmath>

#include "base/index.h"
#include "theory/covariance_model.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kMaxPairs = 1024;  ///< most positions for which all pairs are summed

// Calls body(sample, row, column, element) for every element.
template <class Body>
void for_each(const Extent& extent, Body body) {
  std::int64_t e = 0;
  for (std::int64_t s = 0; s < extent.samples; ++s) {
    for (std::int64_t i = 0; i < extent.height; ++i) {
      for (std::int64_t j = 0; j < extent.width; ++j) body(s, i, j, e++);
    }
  }
}

template <class Body>
void for_each_tap(const SlidingWindow& window, Body body) {
  for (std::int64_t u = 0; u < window.kernel[0]; ++u) {
    for (std::int64_t v = 0; v < window.kernel[1]; ++v) body(u, v);
  }
}

// Returns the position that tap (u, v) of the window at output (i, j) reads, or −1 outside the
// image.
std::int64_t tap(const Extent& in, const SlidingWindow& w, std::int64_t i, std::int64_t j,
                 std::int64_t u, std::int64_t v) {
  const std::int64_t row = i * w.stride[0] + u * w.dilation[0] - w.before[0];
  const std::int64_t column = j * w.stride[1] + v * w.dilation[1] - w.before[1];
  const bool inside = row >= 0 && row < in.height && column >= 0 && column < in.width;
  return inside ? row * in.width + column : -1;
}

// Returns the windows that contain each position of the image.
std::vector<std::vector<std::int64_t>> windows_covering(
    const Extent& in, const std::vector<std::vector<std::int64_t>>& windows) {
  std::vector<std::vector<std::int64_t>> readers(as_index(in.positions()));
  for (std::int64_t o = 0; o < std::ssize(windows); ++o) {
    for (const std::int64_t p : windows[as_index(o)]) readers[as_index(p)].push_back(o);
  }
  return readers;
}

}  // namespace

namespace {

// Returns the covariance of an element and the one at the same position of the next sample.
double covariance_of_samples(const MomentField& x, std::int64_t here, std::int64_t next) {
  const std::size_t from = as_index(here);
  return x.product(Link::sample)[from] - x.mean[from] * x.mean[as_index(next)];
}

// Returns the covariance across a link that every element has.
double linked_covariance(const MomentField& x, std::size_t from, Link link) {
  const std::int64_t to = linked_element(x.extent, static_cast<std::int64_t>(from), link);
  return x.product(link)[from] - x.mean[from] * x.mean[as_index(to)];
}

// Returns the covariance of a weighted sum over positions of a sample and the same sum over the
// next one, from the averages over its terms: the covariances of two samples at the same position
// and at distant ones, and the variance. `within` is the variance of the sum. The excess over the
// covariance of distant positions decays with distance as it does within a sample.
double covariance_of_sums(double same, double distant, double variance, double within) {
  if (variance <= distant) return std::clamp(same, -within, within);
  const double decay = std::max(0.0, within - distant) / (variance - distant);
  return std::clamp(distant + (same - distant) * decay, -within, within);
}

// Returns the covariance at two positions of this sample and the next one, where `same` is that at
// one position and `within` is that of the two positions within a row. For copies of a row, it is
// `within`, since their noise is independent. For different rows, it is `same`, which the weights
// add at all positions, but at most `within`.
double covariance_apart(const Extent& extent, std::int64_t sample, double same, double within) {
  if (extent.links_copies(sample)) return within;
  return std::copysign(std::min(std::abs(same), std::abs(within)), same);
}

}  // namespace

double covariance_of_copies(const CovarianceModel& covariances, std::int64_t sample,
                            const std::vector<WeightedPosition>& sum) {
  const MomentField& x = covariances.field();
  const std::int64_t here = sample * x.extent.positions();
  const std::int64_t next = (sample + 1) % x.extent.samples * x.extent.positions();
  double covariance = 0;
  for (const auto& [p, first] : sum) {
    const double same = covariance_of_samples(x, here + p, next + p);
    for (const auto& [q, second] : sum) {
      const double one = covariances.covariance(here + p, here + q);
      const double other = covariances.covariance(next + p, next + q);
      const double within = std::copysign(std::sqrt(std::max(0.0, one * other)), one);
      covariance +=
          first * second * (p == q ? same : covariance_apart(x.extent, sample, same, within));
    }
  }
  return covariance;
}

namespace {

// Computes covariance_of_copies for the mean over all positions, from averages.
double covariance_of_copied_means(const MomentField& x, std::int64_t sample) {
  const std::int64_t positions = x.extent.positions(), here = sample * positions;
  const std::int64_t next_sample = (sample + 1) % x.extent.samples, next = next_sample * positions;
  double same = 0, one = 0, other = 0;
  const double weight = 1 / static_cast<double>(positions), share = 1 - weight;
  for (std::int64_t p = 0; p < positions; ++p) {
    same += weight * covariance_of_samples(x, here + p, next + p);
    one += weight * x.variance(as_index(here + p));
    other += weight * x.variance(as_index(next + p));
  }
  // The mean covariance of two positions within a row.
  const auto apart = [&](std::int64_t s, double variance) {
    return std::max(0.0, variance_of_position_mean(x, s) - weight * variance) / share;
  };
  const double within = std::sqrt(apart(sample, one) * apart(next_sample, other));
  return weight * same + share * covariance_apart(x.extent, sample, same, within);
}

}  // namespace

MomentField resample_positions(const MomentField& x, const Extent& out,
                               const PositionWeights& positions) {
  MomentField y = zero_field(out);
  const Extent& in = x.extent;
  const CovarianceModel covariances(x);
  std::vector<std::vector<WeightedPosition>> mixes;
  for_each({1, out.height, out.width}, [&](std::int64_t, std::int64_t i, std::int64_t j,
                                           std::int64_t) { mixes.push_back(positions(i, j)); });
  const auto product = [&](std::int64_t s, const std::vector<WeightedPosition>& a,
                           const std::vector<WeightedPosition>& b) {
    double sum = 0;
    for (const auto& [p, first] : a) {
      for (const auto& [q, second] : b) {
        sum += first * second * covariances.product(s * in.positions() + p, s * in.positions() + q);
      }
    }
    return sum;
  };
  for (std::int64_t e = 0; e < out.elements(); ++e) {
    const std::int64_t s = e / out.positions();
    const auto& here = mixes[as_index(e % out.positions())];
    double between = 0, distant = 0, variance = 0, whole = 0;
    for (const WeightedPosition& each : here) whole += each.weight;
    for (const auto& [position, weight] : here) {
      const std::size_t from = as_index(s * in.positions() + position);
      y.mean[as_index(e)] += weight * x.mean[from];
      y.product(Link::far)[as_index(e)] += whole * weight * x.product(Link::far)[from];
      between += weight * linked_covariance(x, from, Link::sample);
      distant += weight * linked_covariance(x, from, Link::far);
      variance += weight * x.variance(from);
    }
    const double mean = y.mean[as_index(e)];
    // For this many positions, an estimate from averages is enough.
    const bool is_whole = std::ssize(here) > kMaxPairs && std::ssize(here) == in.positions();
    const double variance_here = is_whole ? whole * whole * variance_of_position_mean(x, s)
                                          : product(s, here, here) - mean * mean;
    y.square[as_index(e)] = mean * mean + std::max(variance_here, 0.0);
    y.product(Link::sample)[as_index(e)] = covariance_of_sums(
        whole * between, whole * distant, whole * variance, std::max(variance_here, 0.0));
    if (in.copies > 1 && variance_here > 0) {
      y.product(Link::sample)[as_index(e)] = is_whole
                                                 ? covariance_of_copied_means(x, s) * whole * whole
                                                 : covariance_of_copies(covariances, s, here);
    }
    for (const Offset& offset : offsets_of(out)) {
      const std::int64_t other = linked_element(out, e, offset.link);
      if (other < 0) continue;
      y.product(offset.link)[as_index(e)] =
          product(s, here, mixes[as_index(other % out.positions())]);
    }
  }
  for (std::int64_t e = 0; e < out.elements(); ++e) {
    const std::size_t other = as_index(linked_element(out, e, Link::sample));
    y.product(Link::sample)[as_index(e)] += y.mean[as_index(e)] * y.mean[other];
  }
  return y;
}

std::vector<std::vector<std::int64_t>> window_positions(const Extent& in, const Extent& out,
                                                        const SlidingWindow& w) {
  std::vector<std::vector<std::int64_t>> windows(as_index(out.positions()));
  for_each({1, out.height, out.width},
           [&](std::int64_t, std::int64_t i, std::int64_t j, std::int64_t e) {
             for_each_tap(w, [&](std::int64_t u, std::int64_t v) {
               const std::int64_t position = tap(in, w, i, j, u, v);
               if (position >= 0) windows[as_index(e)].push_back(position);
             });
           });
  return windows;
}

MomentField average(const MomentField& x, const Extent& out, const SlidingWindow& w) {
  const auto windows = window_positions(x.extent, out, w);
  return resample_positions(x, out, [&](std::int64_t i, std::int64_t j) {
    const auto& window = windows[as_index(i * out.width + j)];
    std::vector<WeightedPosition> list;
    for (const std::int64_t p : window) list.push_back({p, 1 / static_cast<double>(window.size())});
    return list;
  });
}

MomentField average_pool_backward(const MomentField& gradient, const Extent& in,
                                  const SlidingWindow& w) {
  const auto windows = window_positions(in, gradient.extent, w);
  const auto readers = windows_covering(in, windows);
  return resample_positions(gradient, in, [&](std::int64_t i, std::int64_t j) {
    std::vector<WeightedPosition> list;
    for (const std::int64_t o : readers[as_index(i * in.width + j)]) {
      list.push_back({o, 1 / static_cast<double>(windows[as_index(o)].size())});
    }
    return list;
  });
}

// If windows overlap, a position is the largest of both with the probability that it is the largest
// of their union. Two positions that are in both windows cannot be the largest of one window each.
MomentField max_pool_backward(const MomentField& gradient, const Extent& in,
                              const SlidingWindow& w) {
  const auto windows = window_positions(in, gradient.extent, w);
  const auto readers = windows_covering(in, windows);
  const auto holds = [&](std::int64_t o, std::int64_t p) {
    return std::ranges::binary_search(windows[as_index(o)], p);
  };
  const auto count = [&](std::int64_t o) { return std::ssize(windows[as_index(o)]); };
  const auto probability = [&](std::int64_t o, std::int64_t p, std::int64_t other, std::int64_t q) {
    if (p != q) {
      return holds(o, q) && holds(other, p) ? 0 : 1 / static_cast<double>(count(o) * count(other));
    }
    const auto both = std::ranges::count_if(windows[as_index(o)],
                                            [&](std::int64_t each) { return holds(other, each); });
    return 1 / static_cast<double>(count(o) + count(other) - both);
  };
  // A pair of windows through which two positions receive the gradient, the same in every sample.
  struct Pair {
    std::int64_t o, other;
    double weight;
  };
  const auto pairs = [&](std::int64_t p, std::int64_t q) {
    std::vector<Pair> list;
    for (const std::int64_t o : readers[as_index(p)]) {
      for (const std::int64_t other : readers[as_index(q)]) {
        const double weight = probability(o, p, other, q);
        if (weight > 0) list.push_back({o, other, weight});
      }
    }
    return list;
  };
  // Average pooling gives the products with other samples and between positions without a common
  // window.
  MomentField dx = average_pool_backward(gradient, in, w);
  const CovarianceModel products(gradient);
  const auto reaches = [&](const Offset& offset) {
    return offset.rows <= (w.kernel[0] - 1) * w.dilation[0] &&
           std::abs(offset.columns) <= (w.kernel[1] - 1) * w.dilation[1];
  };
  const auto accumulate_products = [&](std::int64_t p, std::int64_t q, std::vector<double>& into) {
    const std::vector<Pair> list = pairs(p, q);
    for (std::int64_t sample = 0; sample < in.samples; ++sample) {
      const std::int64_t first = sample * gradient.extent.positions();
      double sum = 0;
      for (const auto& [o, other, weight] : list) {
        sum += weight * products.product(first + o, first + other);
      }
      into[as_index(sample * in.positions() + p)] = sum;
    }
  };
  for (std::int64_t p = 0; p < in.positions(); ++p) {
    accumulate_products(p, p, dx.square);
    for (const Offset& offset : offsets_of(in)) {
      const std::int64_t other = linked_element({1, in.height, in.width}, p, offset.link);
      if (other >= 0 && reaches(offset)) accumulate_products(p, other, dx.product(offset.link));
    }
  }
  return dx;
}

}  // namespace selfnorm
