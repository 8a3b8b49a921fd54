// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graph/graph.h"
#include "ops/row.h"

namespace selfnorm {

/// Removes ops that do nothing at inference.
void drop_identities(Graph& graph);

/// Fuses each activation and dropout into the node that computes its input, if the op of that node
/// supports it (dense + SELU + alpha dropout is one step) and nothing else reads the value in
/// between. In training, only if the gradient can be computed from the output. Removed values keep
/// their ids.
void fuse(Graph& graph, Mode mode);

}  // namespace selfnorm
