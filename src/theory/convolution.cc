// SPDX-License-Identifier: Apache-2.0
// Weighted sums over windows, forward and backward. The weights of different taps are independent,
// so the product of two outputs is a sum over taps of products of the two elements that a tap
// reads.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/index.h"
#include "theory/covariance_model.h"
#include "theory/moment_window.h"

namespace selfnorm {
namespace {

// Consecutive outputs of a row, and the elements of a sample that one tap of their windows reads:
// `in`, `in + step`, …
struct TapRun {
  std::int64_t out, in, count, step;
  std::int64_t row, column, down, right;  // position of the first output; offset of the tap
};

// The outputs [first, last) along one axis that read the image by a tap, as does the neighbor at a
// distance `away`, which must be an output too.
struct Span {
  std::int64_t first, last;
};
Span span_of(std::int64_t out, std::int64_t in, std::int64_t stride, std::int64_t tap,
             std::int64_t away) {
  const auto up = [&](std::int64_t x) { return x <= 0 ? x / stride : (x + stride - 1) / stride; };
  const auto fits = [&](std::int64_t shift) {
    return Span{std::max<std::int64_t>(-shift, up(-tap) - shift),
                std::min(out - shift, up(in - tap) - shift)};
  };
  const Span own = fits(0), other = fits(away);
  return {std::max<std::int64_t>({own.first, other.first, 0}), std::min(own.last, other.last)};
}

// Calls body(run) for the runs of every tap. With an offset (rows, columns), the runs contain only
// outputs with a neighbor at this offset that reads the image by the same tap.
template <class Body>
void for_each_run(const Extent& in, const Extent& out, const SlidingWindow& w, std::int64_t rows,
                  std::int64_t columns, Body body) {
  for (std::int64_t u = 0; u < w.kernel[0]; ++u) {
    for (std::int64_t v = 0; v < w.kernel[1]; ++v) {
      const std::int64_t down = u * w.dilation[0] - w.before[0];
      const std::int64_t right = v * w.dilation[1] - w.before[1];
      const Span i = span_of(out.height, in.height, w.stride[0], down, rows);
      const Span j = span_of(out.width, in.width, w.stride[1], right, columns);
      if (j.first >= j.last) continue;
      for (std::int64_t row = i.first; row < i.last; ++row) {
        const std::int64_t at =
            (row * w.stride[0] + down) * in.width + j.first * w.stride[1] + right;
        body(TapRun{row * out.width + j.first, at, j.last - j.first, w.stride[1], row, j.first,
                    down, right});
      }
    }
  }
}

// Calls body(output element, input element) for all elements of these runs.
template <class Body>
void for_each_tap_pair(const Extent& in, const Extent& out, const SlidingWindow& w,
                       std::int64_t rows, std::int64_t columns, Body body) {
  for_each_run(in, out, w, rows, columns, [&](const TapRun& run) {
    for (std::int64_t s = 0; s < out.samples; ++s) {
      const std::int64_t e = s * out.positions() + run.out, at = s * in.positions() + run.in;
      for (std::int64_t k = 0; k < run.count; ++k) body(e + k, at + k * run.step);
    }
  });
}

// Adds the terms that all taps of a window have in common: the mean of the weights, and the bias.
void add_weight_mean_and_bias(MomentField& z, const WeightMoments& weights) {
  for (std::size_t e = 0; e < z.mean.size(); ++e) {
    z.mean[e] += weights.bias_mean;
    z.square[e] += z.mean[e] * z.mean[e] + weights.bias_variance;
  }
  for (const Link link : kLinks) {
    for_each_linked(z.extent, link, [&](std::int64_t e, std::int64_t other) {
      z.product(link)[as_index(e)] +=
          z.mean[as_index(e)] * z.mean[as_index(other)] + weights.bias_variance;
    });
  }
}

// Whether neighbors of the output read neighbors of the input, by the same links.
bool preserves_links(const SlidingWindow& w, const Extent& in, const Extent& out) {
  return w.stride[0] == 1 && w.stride[1] == 1 && &offsets_of(in) == &offsets_of(out);
}

// Adds the products of distant outputs that read the image by the same tap.
void add_far(const MomentField& x, const SlidingWindow& w, double variance, MomentField& z) {
  const Extent &in = x.extent, &out = z.extent;
  const auto& from = x.product(Link::far);
  auto& to = z.product(Link::far);
  for_each_run(in, out, w, 0, 0, [&](const TapRun& run) {
    for (std::int64_t s = 0; s < out.samples; ++s) {
      const DistantOffset far = distant_offset(out, s);
      const std::int64_t row = (run.row + far.rows) % out.height * w.stride[0] + run.down;
      if (row < 0 || row >= in.height) continue;
      const std::int64_t e = s * out.positions() + run.out, at = s * in.positions() + run.in;
      for (std::int64_t k = 0; k < run.count; ++k) {
        std::int64_t column = run.column + k + far.columns;
        if (column >= out.width) column -= out.width;
        column = column * w.stride[1] + run.right;
        if (column < 0 || column >= in.width) continue;
        to[as_index(e + k)] += variance * from[as_index(at + k * run.step)];
      }
    }
  });
}

}  // namespace

MomentField contract(const MomentField& x, const Extent& out, const SlidingWindow& w,
                     const WeightMoments& weights, double channels) {
  MomentField z = zero_field(out);
  const Extent& in = x.extent;
  const double mean = weights.mean * channels, variance = weights.variance * channels;
  // All units have the sum of the channels in common. Channels vary independently.
  const double common = weights.mean * weights.mean * channels;
  for_each_tap_pair(in, out, w, 0, 0, [&](std::int64_t e, std::int64_t at) {
    z.mean[as_index(e)] += mean * x.mean[as_index(at)];
    z.square[as_index(e)] += variance * x.square[as_index(at)] + common * x.variance(as_index(at));
    z.product(Link::sample)[as_index(e)] += variance * x.product(Link::sample)[as_index(at)];
  });
  add_far(x, w, variance, z);
  // With stride 1, neighbors of the output read neighbors of the input, so the field has their
  // product.
  const bool by_steps = preserves_links(w, in, out);
  std::optional<CovarianceModel> others;
  if (!by_steps) others.emplace(x);
  for (const Offset& offset : offsets_of(out)) {
    const std::int64_t away = offset.rows * w.stride[0] * in.width + offset.columns * w.stride[1];
    const std::vector<double>& carried = x.product(offset.link);
    std::vector<double>& products = z.product(offset.link);
    for_each_tap_pair(
        in, out, w, offset.rows, offset.columns, [&](std::int64_t e, std::int64_t at) {
          products[as_index(e)] +=
              variance * (by_steps ? carried[as_index(at)] : others->product(at, at + away));
        });
  }
  add_weight_mean_and_bias(z, weights);
  return z;
}

MomentField spread(const MomentField& x, const Extent& in, const SlidingWindow& w,
                   const WeightMoments& weights, double channels) {
  MomentField y = zero_field(in);
  const Extent& out = x.extent;
  const double mean = weights.mean * channels, variance = weights.variance * channels;
  for_each_tap_pair(in, out, w, 0, 0, [&](std::int64_t e, std::int64_t at) {
    y.mean[as_index(at)] += mean * x.mean[as_index(e)];
    y.square[as_index(at)] += variance * x.square[as_index(e)];
    for (const Link link : {Link::sample, Link::far}) {
      y.product(link)[as_index(at)] += variance * x.product(link)[as_index(e)];
    }
  });
  // With stride 1, neighbors of the input are read by neighbors of the output, so the field has
  // their product.
  const bool by_steps = preserves_links(w, in, out);
  std::optional<CovarianceModel> others;
  if (!by_steps) others.emplace(x);
  for (const Offset& offset : offsets_of(in)) {
    // The same tap reaches the neighbor from an output that is a whole number of strides away.
    const std::int64_t rows = offset.rows / w.stride[0], columns = offset.columns / w.stride[1];
    const bool whole = rows * w.stride[0] == offset.rows && columns * w.stride[1] == offset.columns;
    if (!whole) continue;
    const std::int64_t away = rows * out.width + columns;
    const std::vector<double>& carried = x.product(offset.link);
    std::vector<double>& products = y.product(offset.link);
    for_each_tap_pair(in, out, w, rows, columns, [&](std::int64_t e, std::int64_t at) {
      products[as_index(at)] +=
          variance * (by_steps ? carried[as_index(e)] : others->product(e, e + away));
    });
  }
  add_weight_mean_and_bias(y, weights);
  return y;
}

}  // namespace selfnorm
