// SPDX-License-Identifier: Apache-2.0
// Moments of the maxima of a signal over windows.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ops/signal_rules.h"

namespace selfnorm {

/// The windows of a pooling.
struct Windows {
  Extent output;
  /// The elements of the input in the window of an element of the output.
  std::function<std::vector<std::int64_t>(std::int64_t)> elements;
  /// The averages of a field over the windows.
  std::function<MomentField(const MomentField&)> average;
};

/// Returns the field of the maxima. Empty windows have the maximum 0.
MomentField window_maxima(const Signal& x, const Windows& windows);

/// How the gradient passes the maximum of each window, as a mean over channels.
struct MaximumGradient {
  /// E f′² at the maximum.
  std::vector<double> squared_slopes;
  /// After a dropout: the probability that the mask keeps the element at the maximum, relative to
  /// that of any given element.
  std::vector<double> kept = {};
};
MaximumGradient gradient_at_maxima(const Signal& x, const Windows& windows);

}  // namespace selfnorm
