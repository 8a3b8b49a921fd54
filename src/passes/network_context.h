// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graph/graph.h"

namespace selfnorm {

/// Replaces attributes that depend on the network, such as shape = "depth" of a SELU, by numbers.
/// For each op, these follow from the path through the graph on which the op occurs most often.
void resolve_attributes(Graph& graph);

}  // namespace selfnorm
