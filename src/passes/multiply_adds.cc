// SPDX-License-Identifier: Apache-2.0
#include "passes/multiply_adds.h"

#include <algorithm>

#include "ops/table.h"

namespace selfnorm {

double multiply_adds(const Graph& graph) {
  double all = 0;
  for (const Node& node : graph.nodes) {
    if (row_of(node).traits.id_input >= 0) continue;
    const auto outputs = static_cast<double>(elements(graph.value(node.outputs[0]).shape));
    for (const Parameter& parameter : graph.parameters) {
      const bool is_matrix = graph.value(parameter.value).shape.size() > 1;
      if (is_matrix && std::ranges::count(node.inputs, parameter.value) > 0) {
        all += outputs * parameter.fan_in;
      }
    }
  }
  return all;
}

}  // namespace selfnorm
