// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graph/graph.h"
#include "ops/row.h"

namespace selfnorm {

/// Takes ops out that do nothing at inference: what read their output reads their input.
void drop_identities(Graph& graph);

/// Joins each activation and dropout to the node that makes its input, where that node's op can run
/// it along (dense + SELU + alpha dropout is one step) and nothing else reads what lies between.
/// For training only where the gradient can be told from the output. Values that vanish keep their
/// numbers.
void fuse(Graph& graph, Mode mode);

}  // namespace selfnorm
