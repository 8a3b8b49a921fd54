// SPDX-License-Identifier: Apache-2.0
// Ensembles: networks whose last layer averages the outputs of their members.
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace selfnorm {

/// The members of a network. A network that is not an ensemble has one.
struct Members {
  std::int64_t count = 1;
  ValueId outputs = kNoValue;  ///< of an ensemble: (N, count·outputs)
  /// Whether no parameter serves several members: all members read the inputs of the graph, and
  /// their layers work on one group of features each. Other arrangements count as shared.
  bool are_separate = false;
};

/// Returns the members of a graph as `build_graph` or `build_engine_graph` returns it.
Members find_members(const Graph& graph);

/// Adds a view of the outputs of the members, which makes each of them a row: (N·count, outputs).
ValueId view_members_as_rows(Graph& graph, const Members& members);

}  // namespace selfnorm
