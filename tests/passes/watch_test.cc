// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine/program.h"
#include "passes/build.h"
#include "passes/emit.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

TEST(WatchLayers, WatchesEveryLayerThatChangesTheSignal) {
  const Network network = {
      {{"x", {2, 8, 8}}},
      {{"conv2d", {{"channels", 2}, {"kernel", Ints{3, 3}}, {"padding", "same"}}, "convolution"},
       {"selu", {}, "activation"},
       {"add", {}, "residual", {"activation", "x"}},
       {"avg_pool2d", {{"kernel", Ints{2, 2}}}, "pooling"},
       {"concat", {}, "joined", {"pooling", "pooling"}},
       {"feature_alpha_dropout", {}, "dropped"},
       {"flatten", {}, "flat"},
       {"dense", {{"units", 3}}, "features"},
       {"multiply", {}, "gated", {"features", "features"}},
       {"scale", {}, "scaled"},
       {"alpha_dropout", {}, "dropped again"},
       {"reshape", {{"shape", Ints{3, 1}}}, "column"}},
      {}};
  Graph graph = build_graph(network, 4);
  std::vector<std::string> names;
  for (const Watched& layer : watch_layers(graph, "moments")) names.push_back(layer.name);
  EXPECT_EQ(names, (std::vector<std::string>{"convolution", "activation", "residual", "pooling",
                                             "joined", "features", "gated", "scaled"}));
}

// A watched value is measured when it is computed, so later values can reuse its memory.
TEST(WatchLayers, NeedsMemoryOnlyForTheMeasurements) {
  Network network = {{{"x", {64}}}, {}, {}};
  for (int i = 0; i < 8; ++i) {
    network.layers.push_back({"dense", {{"units", 64}}});
    network.layers.push_back({"selu"});
  }
  Graph graph = build_graph(network, 256);
  Weights weights(graph);
  const Bindings bindings = weights.bindings(graph);
  const Program plain(graph, Mode::inference, 0, bindings);
  const std::vector<Watched> watched = watch_layers(graph, "moments");
  for (const Watched& layer : watched) graph.outputs.push_back(layer.measured);
  const Program watching(graph, Mode::inference, 0, bindings);
  EXPECT_EQ(watched.size(), 16u);
  EXPECT_LE(watching.arena_bytes(), plain.arena_bytes() + watched.size() * kAlignment);
}

}  // namespace
}  // namespace selfnorm
