// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Appends a node to the graph, its attributes completed and its output shapes inferred by its row,
/// and returns its outputs.
std::vector<ValueId> emit_node(Graph& graph, const std::string& name, const std::string& op,
                               const std::vector<ValueId>& inputs, const Settings& attributes = {},
                               const std::vector<Stage>& epilogue = {});

/// Adds a node of an op that measures behind each layer: all of the table's layers and activations,
/// but for those that only reshape. Returns the layers' names and ops and what is measured.
struct Watched {
  std::string name, op;
  ValueId measured;
};
std::vector<Watched> watch_layers(Graph& graph, const std::string& op,
                                  const Settings& attributes = {});

}  // namespace selfnorm
