#pragma once

#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Adds the nodes that compute ∂loss/∂v for every v in `wanted` (reverse mode) and returns those
/// values, kNoValue where the loss does not depend on v. `loss` is a single number. Throws
/// Error(config) naming a node without a gradient that stands between.
std::vector<ValueId> differentiate(Graph& graph, ValueId loss, const std::vector<ValueId>& wanted);

}  // namespace selfnorm
