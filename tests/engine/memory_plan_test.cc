// SPDX-License-Identifier: Apache-2.0
#include "engine/memory_plan.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "base/aligned_buffer.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// Returns a random graph of adds over values of a few sizes.
Graph random_graph() {
  Graph graph;
  const auto sizes = std::vector<std::int64_t>{1, 16, 100, 1000};
  for (const std::int64_t size : sizes) {
    graph.inputs.push_back(add_value(graph, {"in", {1, size}, DType::f32, Role::input}));
  }
  const int nodes = *rc::gen::inRange(1, 40);
  for (int i = 0; i < nodes; ++i) {
    const auto first = *rc::gen::inRange<ValueId>(0, static_cast<ValueId>(graph.values.size()));
    const Shape shape = graph.value(first).shape;
    std::vector<ValueId> same;
    for (std::size_t v = 0; v < graph.values.size(); ++v) {
      if (graph.values[v].shape == shape) same.push_back(static_cast<ValueId>(v));
    }
    Node node{"n" + std::to_string(i), "add", {}, {first, *rc::gen::elementOf(same)}, {}, {}};
    node.outputs = {add_value(graph, {node.name, shape})};
    graph.nodes.push_back(node);
  }
  graph.outputs = {graph.nodes.back().outputs[0]};
  return graph;
}

// The nodes between which a value is in use: from the node that computes it to its last reader.
std::pair<int, int> life(const Graph& graph, ValueId value) {
  int first = 0, last = 0;
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
    const Node& node = graph.nodes[static_cast<std::size_t>(i)];
    if (std::ranges::count(node.outputs, value) > 0) first = last = i;
    if (std::ranges::count(node.inputs, value) > 0) last = std::max(last, i);
  }
  if (std::ranges::count(graph.outputs, value) > 0) last = static_cast<int>(graph.nodes.size());
  return {first, last};
}

bool overlap(const Graph& graph, const MemoryPlan& plan, ValueId a, ValueId b) {
  const auto bytes = [&](ValueId v) {
    return static_cast<std::size_t>(elements(graph.value(v).shape)) * sizeof(float);
  };
  const std::size_t x = plan.offset[static_cast<std::size_t>(a)];
  const std::size_t y = plan.offset[static_cast<std::size_t>(b)];
  return x < y + bytes(b) && y < x + bytes(a);
}

TEST(MemoryPlan, LiveValuesNeverShareBytes) {
  const bool held = rc::check([] {
    const Graph graph = random_graph();
    std::vector<char> is_external(graph.values.size(), 0);
    for (const ValueId input : graph.inputs) is_external[static_cast<std::size_t>(input)] = 1;
    const MemoryPlan plan = plan_memory(graph, is_external, graph.outputs);
    for (std::size_t a = 0; a < graph.values.size(); ++a) {
      if (is_external[a]) continue;
      RC_ASSERT(plan.offset[a] % kAlignment == 0u);
      const auto [a_first, a_last] = life(graph, static_cast<ValueId>(a));
      for (std::size_t b = 0; b < a; ++b) {
        if (is_external[b]) continue;
        const auto [b_first, b_last] = life(graph, static_cast<ValueId>(b));
        // A value may overwrite one that its own node is the last to read.
        const bool alive_together = a_first < b_last && b_first < a_last;
        if (alive_together)
          RC_ASSERT(!overlap(graph, plan, static_cast<ValueId>(a), static_cast<ValueId>(b)));
      }
    }
  });
  EXPECT_TRUE(held);
}

TEST(MemoryPlan, AChainOfActivationsRunsInPlace) {
  Graph graph;
  ValueId value = add_value(graph, {"x", {1, 1024}, DType::f32, Role::input});
  graph.inputs = {value};
  for (int i = 0; i < 20; ++i) {
    Node node{"n" + std::to_string(i), "selu", {}, {value}, {}, {}};
    value = add_value(graph, {node.name, {1, 1024}});
    node.outputs = {value};
    graph.nodes.push_back(node);
  }
  graph.outputs = {value};
  std::vector<char> is_external(graph.values.size(), 0);
  is_external[0] = 1;
  EXPECT_EQ(plan_memory(graph, is_external, graph.outputs).arena_bytes, 4096u);
}

}  // namespace
}  // namespace selfnorm
