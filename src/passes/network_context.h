// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graph/graph.h"

namespace selfnorm {

/// Replaces attributes that depend on the network, such as a SELU's shape = "depth", by numbers:
/// for every op, from the path through the graph on which it stands most often.
void resolve_attributes(Graph& graph);

}  // namespace selfnorm
