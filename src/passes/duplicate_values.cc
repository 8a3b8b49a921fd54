// SPDX-License-Identifier: Apache-2.0
#include "passes/duplicate_values.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "ops/table.h"

namespace selfnorm {

DuplicateValues::DuplicateValues(const Graph& graph)
    : first_equal_(graph.values.size()), is_repeated_(graph.values.size()) {
  std::iota(first_equal_.begin(), first_equal_.end(), ValueId{0});
  std::map<std::vector<ValueId>, std::vector<const Node*>> readers;
  for (const Node& node : graph.nodes) {
    if (*row_of(node).category == Category::dropout) continue;
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(first(input));
    auto& others = readers[inputs];
    const auto same = std::ranges::find_if(others, [&](const Node* other) {
      return other->op == node.op && other->attributes == node.attributes;
    });
    if (same == others.end()) {
      others.push_back(&node);
      continue;
    }
    const ValueId one = (*same)->outputs[0];
    first_equal_[static_cast<std::size_t>(node.outputs[0])] = one;
    is_repeated_[static_cast<std::size_t>(one)] = true;
  }
}

}  // namespace selfnorm
