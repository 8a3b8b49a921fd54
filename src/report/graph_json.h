// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.h"
#include "report/page.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// Returns the nodes of a graph from `build_graph` for one sample, its inputs first, for the page
/// to draw. A node has its shape and parameters, and its predicted moments if the doctor examined
/// it.
Json graph_json(const Graph& graph, const std::vector<LayerExamination>& layers);

}  // namespace selfnorm
