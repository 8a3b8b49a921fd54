#include "doctor/input_field.h"

#include <algorithm>

#include "ops/table.h"

namespace selfnorm {

MomentField field_of_rows(std::span<const float> rows, const Shape& shape) {
  const Extent extent = extent_of(shape, shape[0]);
  MomentField field = zero_field(extent);
  const std::int64_t channels = elements(shape) / extent.elements();
  const auto at = [&](std::int64_t e, std::int64_t c) {
    return static_cast<double>(rows[static_cast<std::size_t>(e * channels + c)]);
  };
  const double share = 1 / static_cast<double>(channels);
  for (std::int64_t e = 0; e < extent.elements(); ++e) {
    const auto i = static_cast<std::size_t>(e);
    for (std::int64_t c = 0; c < channels; ++c) {
      const double x = at(e, c);
      field.mean[i] += share * x;
      field.square[i] += share * x * x;
      for (const Link link : kLinks) {
        const std::int64_t other = linked(extent, e, link);
        if (other >= 0) field.product(link)[i] += share * x * at(other, c);
      }
    }
  }
  return field;
}

std::map<ValueId, MomentField> fields_of_fitted(const Graph& graph, const InputRows& rows) {
  std::map<ValueId, MomentField> fields;
  if (!has_fitted_states(graph)) return fields;
  Weights weights(graph);
  fit_states(graph, weights, rows);
  std::vector<bool> is_given(graph.values.size(), true);
  for (const Node& node : graph.nodes) {
    const bool given = std::ranges::all_of(node.inputs, [&](ValueId id) {
      return is_given[static_cast<std::size_t>(id)] && graph.value(id).role != Role::parameter;
    });
    const ValueId output = node.outputs[0];
    is_given[static_cast<std::size_t>(output)] = given;
    if (!given || rule_of(row_of(node).fit) == nullptr) continue;
    fields[output] =
        field_of_rows(value_of(graph, output, weights, rows), graph.value(output).shape);
  }
  return fields;
}

MomentField unit_normal_field(const Shape& shape) {
  return uniform_field(extent_of(shape, 1), 0, 1);
}

}  // namespace selfnorm
