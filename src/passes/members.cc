// SPDX-License-Identifier: Apache-2.0
#include "passes/members.h"

#include <algorithm>
#include <map>

#include "ops/table.h"
#include "passes/emit.h"

namespace selfnorm {
namespace {

// Returns whether a value depends on a parameter or a state.
bool depends_on_learned(const Graph& graph, ValueId value) {
  if (is_learned(graph, value)) return true;
  const Node* node = find_producer(graph, value);
  return node != nullptr && std::ranges::any_of(node->inputs, [&](ValueId input) {
           return depends_on_learned(graph, input);
         });
}

// Returns whether an op maps each feature alone, without parameters.
bool keeps_features_apart(const OpRow& row) {
  return rule_of(row.pointwise) != nullptr || row.traits.is_affine ||
         row.traits.is_affine_by_feature;
}

// Whether a value has a group of features for each member, each computed from what the members
// share by layers of its own.
class SeparateMembers {
 public:
  SeparateMembers(const Graph& graph, std::int64_t members) : graph_(graph), members_(members) {}

  bool contains(ValueId value) {
    const auto known = known_.find(value);
    if (known != known_.end()) return known->second;
    return known_[value] = find(value);
  }

 private:
  bool find(ValueId value) {
    const Node* node = find_producer(graph_, value);
    if (node == nullptr) return false;
    const OpRow& row = row_of(*node);
    const ValueId input = node->inputs[0];
    if (row.traits.accepts_any_feature_order) {  // input 1 has the weights of one unit in a row
      const std::int64_t read = graph_.value(node->inputs[1]).shape[1];
      const std::int64_t features = graph_.value(input).shape.back();
      if (read == features) return !depends_on_learned(graph_, input);
      return read * members_ == features && contains(input);
    }
    if (row.traits.sums)
      return std::ranges::all_of(node->inputs, [this](ValueId each) { return contains(each); });
    return keeps_features_apart(row) && node->inputs.size() == 1 && contains(input);
  }

  const Graph& graph_;
  std::int64_t members_;
  std::map<ValueId, bool> known_;
};

}  // namespace

Members find_members(const Graph& graph) {
  Members members;
  const Node* last = graph.outputs.size() == 1 ? find_producer(graph, graph.outputs[0]) : nullptr;
  if (last == nullptr || !row_of(*last).traits.averages_members) return members;
  members.count = std::get<std::int64_t>(last->attributes.at("members"));
  members.outputs = last->inputs[0];
  members.are_separate = SeparateMembers(graph, members.count).contains(members.outputs);
  return members;
}

ValueId view_members_as_rows(Graph& graph, const Members& members) {
  const Shape shape = graph.value(members.outputs).shape;
  const Shape rows = {shape[0] * members.count, shape[1] / members.count};
  return emit_node(graph, "members", "view", {members.outputs}, {{"shape", rows}})[0];
}

}  // namespace selfnorm
