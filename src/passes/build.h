// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// Builds the graph of a network for batches of `batch` rows. It names layers, completes
/// attributes, sorts nodes, infers shapes, creates parameters and resolves `auto` initializers.
/// Throws Error(config) for an unknown op, attribute or name (suggesting the nearest one), a cycle,
/// or an unused input or layer. Throws Error(shape) with both shapes if they do not fit.
Graph build_graph(const Network& network, std::int64_t batch);

/// Returns the network with the name and the inputs of every layer, as build_graph uses it.
Network complete_names(const Network& network);

}  // namespace selfnorm
