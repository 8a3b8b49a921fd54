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

/// Whether an attribute belongs to the initializer.
bool starts_parameters(const std::string& attribute);

/// The parameter described by `spec`, with the initializer and l2 of the layer that owns it. Throws
/// Error(config) for a gain that the initializer does not take.
Parameter start_of(const Layer& owner, const Settings& attributes, const ParameterSpec& spec,
                   ValueId value);

/// For each value, the first node that reads it, or nullptr.
std::vector<const Node*> first_readers(const Graph& graph);

/// The first activation after a node, looking through ops that only move or mask elements. nullptr
/// if another layer with weights comes first.
const Node* activation_behind(const Graph& graph, const std::vector<const Node*>& first_readers,
                              const Node& node);

/// Whether a node is an activation with `shape = "depth"`.
bool is_shaped_for_depth(const Node& activation);

/// The gains of weights. They are computed once for each kind of activation.
class ActivationGains {
 public:
  /// The variance times fan_in of weights that keep the second moment at 1 through the activation
  /// (nullptr: none). 1 if no weights do.
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
