// SPDX-License-Identifier: Apache-2.0
#include "passes/fuse.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/program.h"
#include "passes/autodiff.h"
#include "passes/build.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

struct Pair {
  std::string head, activation, dropout;
};

std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const char* head : {"dense", "conv2d", "conv_transpose2d"}) {
    for (const char* activation : {"selu", "elu", "relu", "leaky_relu", "tanh", "sigmoid",
                                   "softplus", "gelu", "silu", "exp", "expm1"}) {
      for (const char* dropout : {"alpha_dropout", "dropout"})
        all.push_back({head, activation, dropout});
    }
  }
  return all;
}

class Fusion : public testing::TestWithParam<Pair> {};

// The loss is Σ outputs, so that every gradient is of order 1.
struct Outcome {
  std::vector<float> output, gradient;
  std::size_t nodes = 0;
};

Outcome run_pair(const Pair& pair, bool fused) {
  const Settings head =
      pair.head == "dense" ? Settings{{"units", 24}}
                           : Settings{{"channels", 6}, {"kernel", std::vector<std::int64_t>{3, 3}}};
  const Network network = {
      {{"x", pair.head == "dense" ? Shape{40} : Shape{3, 7, 6}}},
      {{pair.head, head, "head"}, {pair.activation}, {pair.dropout, {{"rate", 0.3}}, "drop"}},
      {}};
  Graph graph = build_graph(network, 70);
  const Graph declared = graph;
  Weights weights(graph);
  weights.initialize(graph, 3);
  if (fused) fuse(graph, Mode::training);
  const ValueId w = graph.parameters[0].value;
  const ValueId gradient = differentiate(graph, graph.outputs[0], {w})[0];
  Program program(graph, Mode::training, 9, weights.bindings(declared), {gradient});
  float* x = program.data(graph.inputs[0]);
  const std::int64_t n = elements(graph.value(graph.inputs[0]).shape);
  for (std::int64_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>(normal(random_key(1, "x", ""), static_cast<std::uint64_t>(i)));
  }
  program.run(4);
  const auto copy = [&](ValueId id) {
    const float* data = program.data(id);
    return std::vector<float>(data, data + elements(graph.value(id).shape));
  };
  return {copy(graph.outputs[0]), copy(gradient), graph.nodes.size()};
}

// The forward pass has the same arithmetic. The backward pass recovers the slope from an output
// that was scaled and shifted. The largest outputs bound its rounding error.
TEST_P(Fusion, MatchesTheSeparateSteps) {
  const Outcome separate = run_pair(GetParam(), false), fused = run_pair(GetParam(), true);
  EXPECT_LT(fused.nodes, separate.nodes);
  ASSERT_EQ(fused.output.size(), separate.output.size());
  for (std::size_t i = 0; i < fused.output.size(); ++i) {
    ASSERT_EQ(fused.output[i], separate.output[i]) << i;
  }
  // 70 rows (2,940 positions for images) of unit inputs. The error of each slope is a few epsilons.
  const double bound = 2940 * 8 * std::numeric_limits<float>::epsilon();
  for (std::size_t i = 0; i < fused.gradient.size(); ++i) {
    ASSERT_NEAR(fused.gradient[i], separate.gradient[i], bound) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Pairs, Fusion, testing::ValuesIn(pairs()), [](const auto& pair) {
  return pair.param.head + "_" + pair.param.activation + "_" + pair.param.dropout;
});

// Sequences of 5 steps too, whose bias is added at every step.
TEST(Fuse, MatchesTheSeparateStepsAtInference) {
  const Settings units = {{"units", 24}};
  const Settings channels = {{"channels", 6}, {"kernel", std::vector<std::int64_t>{3, 3}}};
  struct Head {
    Shape input;
    Layer layer;
  };
  for (const Head& head :
       {Head{{40}, {"dense", units}}, Head{{5, 8}, {"dense", units}},
        Head{{3, 7, 6}, {"conv2d", channels}}, Head{{3, 7, 6}, {"conv_transpose2d", channels}}}) {
    SCOPED_TRACE(head.layer.op);
    const Network network = {
        {{"x", head.input}}, {head.layer, {"selu"}, {"alpha_dropout", {{"rate", 0.3}}}}, {}};
    std::vector<std::vector<float>> outputs;
    for (const bool fused : {false, true}) {
      Graph graph = build_graph(network, 70);
      Weights weights(graph);
      weights.initialize(graph, 3);
      const WeightEntry& bias = *weights.find(graph.value(graph.parameters[1].value).name);
      weights.set(bias, std::vector<float>(static_cast<std::size_t>(bias.count), 0.5f));
      const Bindings bindings = weights.bindings(graph);
      if (fused) fuse(graph, Mode::inference);
      EXPECT_EQ(graph.nodes.size(), fused ? 1u : 3u);
      Program program(graph, Mode::inference, 9, bindings);
      float* x = program.data(graph.inputs[0]);
      const std::int64_t n = elements(graph.value(graph.inputs[0]).shape);
      for (std::int64_t i = 0; i < n; ++i) {
        x[i] = static_cast<float>(normal(random_key(1, "x", ""), static_cast<std::uint64_t>(i)));
      }
      program.run();
      const float* y = program.data(graph.outputs[0]);
      outputs.emplace_back(y, y + elements(graph.value(graph.outputs[0]).shape));
    }
    EXPECT_EQ(outputs[0], outputs[1]);
  }
}

TEST(Fuse, DenseSeluAlphaDropoutIsOneStep) {
  Graph graph =
      build_graph({{{"x", {8}}}, {{"dense", {{"units", 4}}}, {"selu"}, {"alpha_dropout"}}, {}}, 2);
  fuse(graph, Mode::training);
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.nodes[0].epilogue.size(), 2u);
}

TEST(Fuse, KeepsValuesThatOtherNodesRead) {
  Graph graph = build_graph(
      {{{"x", {4}}},
       {{"dense", {{"units", 4}}, "d"}, {"selu", {}, "s", {"d"}}, {"add", {}, "sum", {"d", "s"}}},
       {}},
      2);
  fuse(graph, Mode::training);
  EXPECT_EQ(graph.nodes.size(), 3u);
}

}  // namespace
}  // namespace selfnorm
