// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// The graph of a network for batches of `batch` rows: layers named, attributes completed, order
/// found, shapes inferred, parameters made, `auto` initializers resolved. Throws Error(config) for
/// an unknown op, attribute or name (the nearest one suggested), a cycle, or an input or layer that
/// nothing uses; Error(shape) where shapes do not fit, naming both.
Graph build_graph(const Network& network, std::int64_t batch);

/// The network with every layer named and its inputs written out, as build_graph sees it.
Network complete_names(const Network& network);

}  // namespace selfnorm
