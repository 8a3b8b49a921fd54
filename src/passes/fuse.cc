// SPDX-License-Identifier: Apache-2.0
#include "passes/fuse.h"

#include <algorithm>

#include "kernels/pointwise.h"
#include "ops/rules.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// Returns the index of the only node that reads each value. It is −1 if there is not exactly one
// reader, or if the value is an output of the graph.
std::vector<int> sole_readers(const Graph& graph) {
  std::vector<int> reader(graph.values.size(), -1);
  const std::vector<int> uses = count_uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId input : graph.nodes[i].inputs) {
      const auto at = static_cast<std::size_t>(input);
      reader[at] = uses[at] == 1 ? static_cast<int>(i) : -1;
    }
  }
  for (const ValueId output : graph.outputs) reader[static_cast<std::size_t>(output)] = -1;
  return reader;
}

// A pass has at most one activation, followed by at most one dropout.
bool may_follow(const std::vector<Stage>& stages, Category next) {
  if (next == Category::activation) return stages.empty();
  return std::ranges::none_of(
      stages, [](const Stage& stage) { return *find_op(stage.op)->category == Category::dropout; });
}

// Whether the gradient of the joined node can be computed without the value in between. The
// derivative follows either from the output or from the input of the head, which is kept.
bool keeps_gradient(const Node& head, const Node& joined) {
  const Pointwise pass = pointwise_pass(joined, Mode::training);
  return can_differentiate_from_output(pass.activation) ||
         rule_of(row_of(head).pointwise) != nullptr;
}

}  // namespace

void fuse(Graph& graph, Mode mode, bool fuses_dropouts) {
  const std::vector<int> reader = sole_readers(graph);
  std::vector<char> is_removed(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& head = graph.nodes[i];
    const OpRow& row = row_of(head);
    if (is_removed[i] || (!row.traits.takes_epilogue && rule_of(row.pointwise) == nullptr))
      continue;
    for (;;) {
      const int next = reader[static_cast<std::size_t>(head.outputs[0])];
      if (next < 0) break;
      const Node& follower = graph.nodes[static_cast<std::size_t>(next)];
      const OpRow& follower_row = row_of(follower);
      if (rule_of(follower_row.pointwise) == nullptr) break;
      if (!fuses_dropouts && *follower_row.category == Category::dropout) break;
      if (!may_follow(pointwise_stages(head), *follower_row.category)) break;
      Node joined = head;
      joined.epilogue.push_back({follower.name, follower.op, follower.attributes});
      if (mode == Mode::training && !keeps_gradient(head, joined)) break;
      joined.outputs[0] = follower.outputs[0];
      is_removed[static_cast<std::size_t>(next)] = 1;
      head = std::move(joined);
    }
  }
  std::size_t index = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return is_removed[index++] != 0; });
}

}  // namespace selfnorm
