// SPDX-License-Identifier: Apache-2.0
// Moment propagation through windows that slide over an image (convolutions, averages and maxima),
// forward and backward.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "theory/covariance_model.h"
#include "theory/moment_field.h"

namespace selfnorm {

/// A window that slides over the positions of an image, as in a convolution.
struct SlidingWindow {
  std::array<std::int64_t, 2> kernel{1, 1}, stride{1, 1}, dilation{1, 1}, before{0, 0};
};

/// The moments of independent weights, and of the bias.
struct WeightMoments {
  double mean = 0, variance = 1;
  double bias_mean = 0, bias_variance = 0;
  /// The variance of the sum of a unit's squared weights, divided by their number and by variance².
  /// 2 for normal weights.
  double square_variance = 2;
};
/// Returns the field of Σ weight·x + bias over the taps of the window and `channels` channels: a
/// convolution, or a dense layer for 1×1 positions.
MomentField contract(const MomentField& x, const Extent& out, const SlidingWindow& window,
                     const WeightMoments& weights, double channels);

/// The transpose of `contract`. Returns the field of Σ weight·x + bias over the windows that
/// contain a position and over `channels` channels. It propagates a gradient backward through a
/// convolution, or a signal forward through a transposed convolution.
MomentField spread(const MomentField& x, const Extent& in, const SlidingWindow& window,
                   const WeightMoments& weights, double channels);

/// A position of an image with its weight in a sum.
struct WeightedPosition {
  std::int64_t position;
  double weight;
};
using PositionWeights = std::function<std::vector<WeightedPosition>(std::int64_t, std::int64_t)>;

/// Returns the covariance of a weighted sum over positions of a sample and of the same sum over the
/// next sample, for copies of rows (Extent::copies).
double covariance_of_copies(const CovarianceModel& covariances, std::int64_t sample,
                            const std::vector<WeightedPosition>& sum);

/// Returns the weighted sum over input positions for each output (i, j). `positions(i, j)` returns
/// the weights, which are the same for all samples.
MomentField resample_positions(const MomentField& x, const Extent& out,
                               const PositionWeights& positions);

/// Returns the mean over the part of the window that is in the image. `average_pool_backward`
/// returns the gradient at its input from the gradient at its output.
MomentField average(const MomentField& x, const Extent& out, const SlidingWindow& window);
MomentField average_pool_backward(const MomentField& gradient, const Extent& in,
                                  const SlidingWindow& window);

/// Returns the gradient at the input of a max pooling from the gradient at its output, which
/// reaches only the largest element of each window. Every element is equally likely to be the
/// largest, independent of the gradient.
MomentField max_pool_backward(const MomentField& gradient, const Extent& in,
                              const SlidingWindow& window);

/// Returns the positions of the image in each window, by output position.
std::vector<std::vector<std::int64_t>> window_positions(const Extent& in, const Extent& out,
                                                        const SlidingWindow& window);

}  // namespace selfnorm
