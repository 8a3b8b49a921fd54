// SPDX-License-Identifier: Apache-2.0
// What the channels of a signal are, where they differ in more than their elements' draws: batch
// norm gives each its own scale and shift.
#pragma once

#include <functional>

#include "ops/signal_rules.h"

namespace selfnorm {

/// Of a share of the channels: x = scale·f(z) + offset there.
struct ChannelLaw {
  const MomentField& z;  ///< of such a channel
  const DualActivation& f;
  double scale = 1, offset = 0, share = 1;
  double variance = 1;  ///< of f(z) over a channel's samples and positions
};

/// Calls visit for the laws of what batch norm with this ε makes of x. Channels differ by a shift
/// of all their elements and by the size of what varies with few degrees of freedom, both of which
/// are normal over draws of their weights.
void for_each_normalized_channel(const Signal& x, double epsilon,
                                 const std::function<void(const ChannelLaw&)>& visit);

/// Calls visit for the laws that a signal is mixed of: one, but behind batch norm.
void for_each_channel(const Signal& x, const std::function<void(const ChannelLaw&)>& visit);

}  // namespace selfnorm
