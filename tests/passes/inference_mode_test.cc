// SPDX-License-Identifier: Apache-2.0
#include "passes/inference_mode.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ops/table.h"
#include "passes/build.h"
#include "passes/fuse.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

Graph inference_graph(const std::vector<Layer>& layers, const Shape& input = {4}) {
  Graph graph = build_graph({{{"x", input}}, layers, {}}, 2);
  apply_inference_mode(graph);
  return graph;
}

TEST(InferenceMode, RemovesDropoutsThatAreTheIdentity) {
  const Settings identity = {{"inference", std::string("identity")}};
  const Settings drops_nothing = {{"rate", 0.0}};
  const Graph graph = inference_graph({{"selu"},
                                       {"alpha_dropout", identity},
                                       {"feature_alpha_dropout", identity},
                                       {"alpha_dropout", drops_nothing},
                                       {"dropout"}});
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.outputs[0], graph.nodes[0].outputs[0]);
}

TEST(InferenceMode, TheExpectationOfAlphaDropoutIsFusedIntoTheLayer) {
  for (const char* dropout : {"alpha_dropout", "feature_alpha_dropout"}) {
    const Settings conv = {{"channels", 2}, {"kernel", std::vector<std::int64_t>{3, 3}}};
    Graph graph = inference_graph({{"conv2d", conv}, {"selu"}, {dropout}}, {1, 5, 5});
    fuse(graph, Mode::inference);
    ASSERT_EQ(graph.nodes.size(), 1u) << dropout;
    EXPECT_EQ(graph.nodes[0].epilogue.size(), 2u) << dropout;
  }
}

TEST(InferenceMode, SetsTheAttributeOfAlphaDropoutsOnly) {
  Network network{{{"x", {4}}}, {{"selu"}, {"alpha_dropout"}, {"dropout"}, {"unknown"}}, {}};
  set_dropout_inference(network, "identity");
  EXPECT_EQ(network.layers[1].attributes, (Settings{{"inference", std::string("identity")}}));
  for (const std::size_t other : {0u, 2u, 3u})
    EXPECT_TRUE(network.layers[other].attributes.empty());
  EXPECT_THROW(set_dropout_inference(network, "mean"), Error);
}

// The options of an op are shared, and describe its defaults.
TEST(InferenceMode, SettingANetworkLeavesTheDefaultOfTheOp) {
  Network network{{{"x", {4}}}, {{"alpha_dropout"}}, {}};
  set_dropout_inference(network, "identity");
  const auto options = find_op("alpha_dropout")->attributes->describe();
  const auto option = std::ranges::find(options, "inference", &Option::name);
  ASSERT_NE(option, options.end());
  EXPECT_EQ(get_option(*option), Setting(std::string("expectation")));
}

}  // namespace
}  // namespace selfnorm
