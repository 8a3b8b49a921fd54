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

/// Adds a node that measures mean and variance behind each layer: all of the table's layers and
/// activations, but for those that only reshape. Returns the names and the values that hold both
/// numbers.
struct Watched {
  std::string name;
  ValueId moments;
};
std::vector<Watched> watch_layers(Graph& graph);

}  // namespace selfnorm
