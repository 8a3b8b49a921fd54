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
bool is_initializer_attribute(const std::string& attribute);

/// Returns the parameter described by `spec`, with the initializer and l2 of the layer that owns
/// it. Throws Error(config) for a gain that the initializer does not accept.
Parameter make_parameter(const Layer& owner, const Settings& attributes, const ParameterSpec& spec,
                         ValueId value);

/// Returns the first node that reads each value, or nullptr.
std::vector<const Node*> first_readers(const Graph& graph);

/// Returns the first activation after a node, looking through ops without parameters. Returns
/// nullptr if a layer with parameters comes first.
const Node* next_activation(const Graph& graph, const std::vector<const Node*>& first_readers,
                            const Node& node);

/// Whether an activation has `shape = "depth"`.
bool is_shaped_for_depth(const Node& activation);

/// The gains of weights, which are computed once for each kind of activation.
class ActivationGains {
 public:
  /// Returns the variance times fan_in of weights that keep the second moment at 1 through the
  /// activation. Returns 1 without an activation (nullptr), or if no weights keep it.
  double before(const Node* activation);

 private:
  std::map<std::pair<std::string, Settings>, double> known_;
};

/// Replaces every `auto` by lecun_normal, or by orthogonal before a depth-tuned SELU. The gain
/// keeps the second moment of the signal at 1 through the first activation after the layer that
/// owns the parameter. It is 1 before SELU and √2 before ReLU. It is 1 if no activation follows, or
/// if no gain keeps the second moment.
void resolve_auto(Graph& graph);

}  // namespace selfnorm
