// SPDX-License-Identifier: Apache-2.0
#include "passes/members.h"

#include <algorithm>

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

// Follows a value with a group of features for each member back to the layers that read what they
// share.
bool is_separate(const Graph& graph, std::int64_t members, ValueId value) {
  const Node* node = find_producer(graph, value);
  if (node == nullptr) return false;
  const OpRow& row = row_of(*node);
  const ValueId input = node->inputs[0];
  if (row.traits.accepts_any_feature_order) {  // input 1 has the weights of one unit in a row
    const std::int64_t read = graph.value(node->inputs[1]).shape[1];
    const std::int64_t features = graph.value(input).shape.back();
    if (read == features) return !depends_on_learned(graph, input);
    return read * members == features && is_separate(graph, members, input);
  }
  const auto is_input_separate = [&](ValueId of) { return is_separate(graph, members, of); };
  if (row.traits.sums) return std::ranges::all_of(node->inputs, is_input_separate);
  return keeps_features_apart(row) && node->inputs.size() == 1 && is_input_separate(input);
}

}  // namespace

Members find_members(const Graph& graph) {
  Members members;
  const Node* last = graph.outputs.size() == 1 ? find_producer(graph, graph.outputs[0]) : nullptr;
  if (last == nullptr || !row_of(*last).traits.averages_members) return members;
  members.count = std::get<std::int64_t>(last->attributes.at("members"));
  members.outputs = last->inputs[0];
  members.are_separate = is_separate(graph, members.count, members.outputs);
  return members;
}

ValueId view_members_as_rows(Graph& graph, const Members& members) {
  const Shape shape = graph.value(members.outputs).shape;
  const Shape rows = {shape[0] * members.count, shape[1] / members.count};
  return emit_node(graph, "members", "view", {members.outputs}, {{"shape", rows}})[0];
}

}  // namespace selfnorm
