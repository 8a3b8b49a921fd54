// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.h"
#include "report/page.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// The nodes of a graph as `build_graph` makes it for one sample, its inputs first, for the page to
/// draw: shapes, parameters, and the moments predicted of each where the doctor looked at it.
Json graph_json(const Graph& graph, const std::vector<LayerExamination>& layers);

}  // namespace selfnorm
