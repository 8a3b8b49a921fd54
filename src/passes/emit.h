// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Appends a node to the graph and returns its outputs. The row of the op completes the attributes
/// and infers the shapes of the outputs.
std::vector<ValueId> emit_node(Graph& graph, const std::string& name, const std::string& op,
                               const std::vector<ValueId>& inputs, const Settings& attributes = {},
                               const std::vector<Stage>& epilogue = {});

/// A layer and the value that measures its output.
struct Watched {
  std::string name, op;
  ValueId measured;
};

/// Adds a node with a measuring op after each layer and activation, except those that only reshape.
/// Returns these layers.
std::vector<Watched> watch_layers(Graph& graph, const std::string& op,
                                  const Settings& attributes = {});

}  // namespace selfnorm
