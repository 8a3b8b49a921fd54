// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "ops/row.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// Whether an attribute says how parameters start.
bool starts_parameters(const std::string& attribute);

/// How the parameter described by `spec` starts and is trained, given the layer that owns it and
/// that layer's complete attributes, of which `init` counts. Throws Error(config) for a gain that
/// the initializer does not take.
Parameter start_of(const Layer& owner, const Settings& attributes, const ParameterSpec& spec,
                   ValueId value);

/// By value, the first node that reads it; nullptr where none does.
std::vector<const Node*> first_readers(const Graph& graph);

/// The first activation behind a node, looking through ops that only move or mask elements; nullptr
/// where another layer with weights comes before one.
const Node* activation_behind(const Graph& graph, const std::vector<const Node*>& first_readers,
                              const Node& node);

/// Whether a node is an activation with `shape = "depth"`.
bool is_shaped_for_depth(const Node& activation);

/// What weights are to be scaled by. Networks have few kinds of activation: each is worked out
/// once.
class ActivationGains {
 public:
  /// The variance, times 1/fan_in, of weights that keep the second moment at 1 through the
  /// activation (nullptr: none); 1 where none do.
  double before(const Node* activation);

 private:
  std::map<std::pair<std::string, Settings>, double> known_;
};

/// Replaces every `auto` by lecun_normal (orthogonal before a SELU that is shaped for a depth) with
/// the gain that keeps the second moment of the signal at 1, given the first activation behind the
/// layer that owns the parameter: 1 before SELU, √2 in deviation before ReLU, 1 where none follows
/// or none would keep it.
void resolve_auto(Graph& graph);

}  // namespace selfnorm
