// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// Builds the graph of a network for batches of `batch` rows. It names layers, completes
/// attributes, sorts nodes, infers shapes, creates parameters and resolves `auto` initializers.
/// Throws Error(config) for an unknown op, attribute or name (the nearest one suggested), a cycle,
/// or an input or layer that nothing uses; Error(shape) where shapes do not fit, naming both.
Graph build_graph(const Network& network, std::int64_t batch);

/// The network with the name and the inputs of every layer, as build_graph uses it.
Network complete_names(const Network& network);

}  // namespace selfnorm
