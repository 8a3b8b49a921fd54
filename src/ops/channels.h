// SPDX-License-Identifier: Apache-2.0
// The distributions of the channels of a signal. After batch norm, channels differ in distribution,
// because each has its own scale and shift.
#pragma once

#include <functional>

#include "ops/signal_rules.h"

namespace selfnorm {

/// The distribution in one group of channels, x = scale·f(z) + offset. `fraction` is the part of
/// all channels that the group has.
struct ChannelDistribution {
  const MomentField& z;  ///< moments of z in such a channel
  const DualActivation& f;
  double scale = 1, offset = 0, fraction = 1;
  double variance = 1;  ///< of f(z) over a channel's samples and positions
};

/// Calls `body` for the channel distributions of x after batch norm with this ε. Channels differ
/// by a shift of all their elements, and by the size of a component that varies with few degrees of
/// freedom. Both are normally distributed over draws of the weights.
void for_each_normalized_channel(const Signal& x, double epsilon,
                                 const std::function<void(const ChannelDistribution&)>& body);

/// Calls `body` for the channel distributions of a signal. Without batch norm, there is only one.
void for_each_channel(const Signal& x, const std::function<void(const ChannelDistribution&)>& body);

}  // namespace selfnorm
