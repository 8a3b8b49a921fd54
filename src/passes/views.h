// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// Makes views of the nodes that only give a value another shape, so that nothing is moved. Images
/// lie features-last, so a flatten of one becomes a view only where all its readers can take their
/// features in any order; the weights of those are then kept in the image's order
/// (Parameter::image).
void make_views(Graph& graph);

/// The graph as the engine runs it, views made. Weights belong to such a graph.
Graph build_engine_graph(const Network& network, std::int64_t batch);

}  // namespace selfnorm
