// SPDX-License-Identifier: Apache-2.0
#include "doctor/input_field.h"

#include <algorithm>

#include "passes/vocabulary.h"

namespace selfnorm {

MomentField field_of_rows(std::span<const float> rows, const Shape& shape) {
  const Extent extent = extent_of(shape, shape[0]);
  MomentField field = zero_field(extent);
  const std::int64_t channels = elements(shape) / extent.elements();
  const auto at = [&](std::int64_t e, std::int64_t c) {
    return static_cast<double>(rows[static_cast<std::size_t>(e * channels + c)]);
  };
  const double weight = 1 / static_cast<double>(channels);
  for (std::int64_t e = 0; e < extent.elements(); ++e) {
    const auto i = static_cast<std::size_t>(e);
    for (std::int64_t c = 0; c < channels; ++c) {
      const double x = at(e, c);
      field.mean[i] += weight * x;
      field.square[i] += weight * x * x;
      for (const Link link : kLinks) {
        const std::int64_t other = linked_element(extent, e, link);
        if (other >= 0) field.product(link)[i] += weight * x * at(other, c);
      }
    }
  }
  return field;
}

namespace {

// Returns whether a node has fitted states or a pretrained table, which determine its output.
bool holds_states(const Graph& graph, const Node& node) {
  return has_pretrained_table(node) || std::ranges::any_of(node.inputs, [&](ValueId id) {
           return graph.value(id).role == Role::state;
         });
}

}  // namespace

std::map<ValueId, MomentField> known_fields(const Graph& graph, const InputRows& rows,
                                            const std::vector<PretrainedTable>& tables) {
  std::map<ValueId, MomentField> fields;
  const auto token_inputs = vocabulary_sizes(graph);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ValueId input = graph.inputs[i];
    Shape shape = graph.value(input).shape;
    if (token_inputs.contains(input)) shape.push_back(1);  // steps, not features
    fields[input] = field_of_rows(rows[i], shape);
  }
  std::vector<ValueId> known_values;
  std::vector<bool> is_known(graph.values.size(), true);
  for (const Node& node : graph.nodes) {
    const bool all = std::ranges::all_of(node.inputs, [&](ValueId id) {
      const bool is_drawn = graph.value(id).role == Role::parameter && !has_pretrained_table(node);
      return is_known[static_cast<std::size_t>(id)] && !is_drawn;
    });
    is_known[static_cast<std::size_t>(node.outputs[0])] = all;
    if (all && holds_states(graph, node)) known_values.push_back(node.outputs[0]);
  }
  if (known_values.empty()) return fields;
  Weights weights(graph);
  weights.initialize(graph, 0);
  assign_pretrained_tables(tables, weights);
  fit_states(graph, weights, rows);
  for (const ValueId value : known_values) {
    fields[value] =
        field_of_rows(compute_value(graph, value, weights, rows), graph.value(value).shape);
  }
  return fields;
}

MomentField unit_normal_field(const Shape& shape) {
  return uniform_field(extent_of(shape, 1), 0, 1);
}

}  // namespace selfnorm
