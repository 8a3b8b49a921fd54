// SPDX-License-Identifier: Apache-2.0
#include "passes/views.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/program.h"
#include "passes/autodiff.h"
#include "passes/build.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

Network images() {
  return {{{"x", {2, 6, 5}}},
          {{"conv2d", {{"channels", 3}, {"kernel", Ints{2, 2}}}},
           {"selu"},
           {"flatten"},
           {"dense", {{"units", 7}}, "out"}},
          {}};
}

struct Outcome {
  std::vector<float> output, weight_gradient, input_gradient;
};

Outcome run(Graph graph) {
  Weights weights(graph);
  weights.initialize(graph, 1);
  const ValueId w = find_value(graph, "out.weight"), x = graph.inputs[0];
  const auto gradients = differentiate(graph, graph.outputs[0], {w, x});
  Program program(graph, Mode::training, 1, weights.bindings(graph), gradients);
  float* data = program.data(x);
  for (std::int64_t i = 0; i < elements(graph.value(x).shape); ++i) {
    data[i] = static_cast<float>(normal(random_key(1, "x", ""), static_cast<std::uint64_t>(i)));
  }
  program.run();
  // Weights of the same layout convert the gradient of the weights to API order.
  Weights like = weights;
  const WeightEntry& entry = *like.find("out.weight");
  std::copy_n(program.data(gradients[0]), entry.count, like.data() + entry.offset);
  const auto copy = [&](ValueId id) {
    return std::vector<float>(program.data(id), program.data(id) + elements(graph.value(id).shape));
  };
  return {copy(graph.outputs[0]), like.get(entry), copy(gradients[1])};
}

void expect_near(const std::vector<float>& got, const std::vector<float>& want) {
  ASSERT_EQ(got.size(), want.size());
  // Sums of 60 terms of order 1 in another order.
  const double bound = 60 * 4 * std::numeric_limits<float>::epsilon();
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], bound) << i;
}

TEST(Views, ReplaceTheFlattenOfAnImageWithoutChangingResults) {
  const Graph moved = build_graph(images(), 4), viewed = build_engine_graph(images(), 4);
  EXPECT_EQ(viewed.nodes[2].op, "view");
  const Outcome a = run(moved), b = run(viewed);
  expect_near(b.output, a.output);
  expect_near(b.weight_gradient, a.weight_gradient);
  expect_near(b.input_gradient, a.input_gradient);
}

TEST(Views, WeightsAreInitializedAndReadInApiOrder) {
  const Graph moved = build_graph(images(), 1), viewed = build_engine_graph(images(), 1);
  Weights a(moved), b(viewed);
  a.initialize(moved, 1);
  b.initialize(viewed, 1);
  const WeightEntry &x = *a.find("out.weight"), &y = *b.find("out.weight");
  EXPECT_EQ(a.get(x), b.get(y));
  EXPECT_FALSE(std::equal(a.data() + x.offset, a.data() + x.offset + x.count, b.data() + y.offset));
  Weights c(viewed);
  c.set(y, b.get(y));
  EXPECT_EQ(c.get(y), b.get(y));
}

TEST(Views, KeepTheFlattenIfAReaderDependsOnTheOrder) {
  Network network = images();
  network.layers[3] = {"layer_norm", {}, "out"};
  EXPECT_EQ(build_engine_graph(network, 1).nodes[2].op, "flatten");
  network = images();
  network.outputs = {"out", "flatten_1"};
  EXPECT_EQ(build_engine_graph(network, 1).nodes[2].op, "flatten");
  network = {{{"x", {1, 6, 5}}}, {{"flatten"}, {"layer_norm"}}, {}};
  EXPECT_EQ(build_engine_graph(network, 1).nodes[0].op, "view") << "one channel: nothing moves";
}

}  // namespace
}  // namespace selfnorm
