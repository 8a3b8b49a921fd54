// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Adds the nodes that compute ∂(seed·output)/∂v for every v in `wanted` (reverse mode). Returns
/// the values of these gradients, or kNoValue if the output does not depend on v. `seed` has the
/// shape of the output, and kNoValue means ones, which a loss needs. Throws Error(config) with the
/// name of a node between v and the output that has no gradient.
std::vector<ValueId> differentiate(Graph& graph, ValueId output, const std::vector<ValueId>& wanted,
                                   ValueId seed = kNoValue);

}  // namespace selfnorm
