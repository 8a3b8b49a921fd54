// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "selfnorm/network.h"

namespace selfnorm {

/// Returns the layers in an order in which each layer comes after its inputs. Otherwise layers keep
/// their order. All names must be complete, unique and known. Takes O(n log n) for n layers. Throws
/// Error(config) with the layers of a cycle.
std::vector<const Layer*> order_layers(const Network& network);

}  // namespace selfnorm
