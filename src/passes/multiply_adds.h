// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graph/graph.h"

namespace selfnorm {

/// Returns the number of multiplications, each with an addition, of a forward pass in dense layers
/// and convolutions, which take most of the time of large networks. Each element of their outputs
/// needs as many as its fan-in.
double multiply_adds(const Graph& graph);

}  // namespace selfnorm
