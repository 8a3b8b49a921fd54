// SPDX-License-Identifier: Apache-2.0
// Fields behind windows that slide over an image: convolutions, averages and maxima, forth and
// back.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "theory/moment_field.h"

namespace selfnorm {

/// A window that slides over the positions of an image, as in a convolution.
struct SlidingWindow {
  std::array<std::int64_t, 2> kernel{1, 1}, stride{1, 1}, dilation{1, 1}, before{0, 0};
};

/// Σ over the window's taps and `channels` channels of weight·x, for independent weights of this
/// mean and variance: a convolution, or (1×1 positions) a dense layer.
struct WeightMoments {
  double mean = 0, variance = 1;
  double bias_mean = 0, bias_variance = 0;
};
MomentField contract(const MomentField& x, const Extent& out, const SlidingWindow& window,
                     const WeightMoments& weights, double channels);

/// The same backwards: what arrives at the window's input from a gradient at its output, each
/// element of which reaches `channels` channels. A transposed convolution is this forward.
MomentField spread(const MomentField& x, const Extent& in, const SlidingWindow& window,
                   const WeightMoments& weights, double channels);

/// A position of an image with its weight in a sum.
struct WeightedPosition {
  std::int64_t position;
  double weight;
};
using PositionWeights = std::function<std::vector<WeightedPosition>(std::int64_t, std::int64_t)>;

/// At each output (i, j) the weighted sum over positions of the input, the same for all samples.
MomentField resample_positions(const MomentField& x, const Extent& out,
                               const PositionWeights& positions);

/// The mean over the window (over what lies in the image), and the same backwards: what arrives at
/// the window's input from a gradient at its output.
MomentField average(const MomentField& x, const Extent& out, const SlidingWindow& window);
MomentField average_pool_backward(const MomentField& gradient, const Extent& in,
                                  const SlidingWindow& window);

/// What arrives at the window's input from a gradient that reaches the largest of each window
/// alone: which that is, is as likely any, and independent of the gradient.
MomentField max_pool_backward(const MomentField& gradient, const Extent& in,
                              const SlidingWindow& window);

/// The positions of the image that each window holds, by output position.
std::vector<std::vector<std::int64_t>> window_positions(const Extent& in, const Extent& out,
                                                        const SlidingWindow& window);

}  // namespace selfnorm
