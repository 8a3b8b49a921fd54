// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Adds the nodes that compute ∂(seed·output)/∂v for every v in `wanted` (reverse mode) and returns
/// those values, kNoValue where the output does not depend on v. `seed` is a value of the output's
/// shape; kNoValue stands for ones, which is what a loss needs. Throws Error(config) naming a node
/// without a gradient that stands between.
std::vector<ValueId> differentiate(Graph& graph, ValueId output, const std::vector<ValueId>& wanted,
                                   ValueId seed = kNoValue);

}  // namespace selfnorm
