// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// Turns nodes that only change the shape of a value into views, so that no data are moved. Images
/// are stored features-last, so a flatten of an image becomes a view only if all its readers accept
/// their features in any order. Their weights are then stored in the order of the image
/// (Parameter::image).
void make_views(Graph& graph);

/// Builds the graph that the engine runs, with views. Weights are stored for such a graph.
Graph build_engine_graph(const Network& network, std::int64_t batch);

}  // namespace selfnorm
