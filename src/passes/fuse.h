// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graph/graph.h"
#include "ops/row.h"

namespace selfnorm {

/// Fuses each activation and dropout into the node that computes its input, if the op of that node
/// supports it (dense + SELU + alpha dropout is one step) and nothing else reads the value in
/// between. In training, only if the gradient can be computed from the output. Removed values keep
/// their ids. With `fuses_dropouts` false, the inputs of dropouts remain values of their own.
void fuse(Graph& graph, Mode mode, bool fuses_dropouts = true);

}  // namespace selfnorm
