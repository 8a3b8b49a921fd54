// SPDX-License-Identifier: Apache-2.0
#include "passes/network_context.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "passes/build.h"
#include "selfnorm/error.h"
#include "selfnorm/theory.h"

namespace selfnorm {
namespace {

Layer dense(std::int64_t units) { return {"dense", {{"units", units}}}; }
const Layer kShaped{"selu", {{"shape", "depth"}}};

// Returns `depth` blocks of dense, SELU and, if a rate is given, alpha dropout.
Network deep(std::int64_t depth, std::int64_t width, double rate = 0) {
  Network network{{{"x", {width}}}, {}};
  for (std::int64_t i = 0; i < depth; ++i) {
    network.layers.insert(network.layers.end(), {dense(width), kShaped});
    if (rate > 0) network.layers.push_back({"alpha_dropout", {{"rate", rate}}});
  }
  return network;
}

double scale_of(const Graph& graph, const std::string& node) {
  for (const Node& candidate : graph.nodes) {
    if (candidate.name == node) return std::get<double>(candidate.attributes.at("scale"));
  }
  ADD_FAILURE() << "no node " << node;
  return 0;
}

TEST(ResolveAttributes, ShapeUsesDepthAndWidthOfTheNetwork) {
  for (const std::int64_t depth : {1, 20, 200}) {
    DepthTunedSeluOptions request;
    request.depth = depth;
    request.width = 64;
    const Graph graph = build_graph(deep(depth, 64), 1);
    EXPECT_EQ(scale_of(graph, "selu_1"), selu_for_depth(request).constants.scale);
  }
}

TEST(ResolveAttributes, ShapeUsesTheLongestPath) {
  Network network = deep(30, 8);
  network.layers.push_back({"dense", {{"units", std::int64_t{8}}}, "side", {"x"}});
  network.layers.push_back({"selu", {{"shape", "depth"}}, "beside"});
  network.layers.push_back({"add", {}, "sum", {"selu_30", "beside"}});
  const Graph graph = build_graph(network, 1);
  EXPECT_EQ(scale_of(graph, "beside"), scale_of(build_graph(deep(30, 8), 1), "selu_1"));
}

TEST(ResolveAttributes, ShapeIsThePublishedSeluIfDropoutDampsGradients) {
  EXPECT_LT(scale_of(build_graph(deep(100, 64), 1), "selu_1"), 0.2);
  EXPECT_EQ(scale_of(build_graph(deep(100, 64, 0.05), 1), "selu_1"), 1);
}

// Gaussian weights add more noise, so the shape is further from a straight line.
TEST(ResolveAttributes, ShapeUsesTheKindOfWeights) {
  Network network = deep(300, 64);
  for (Layer& layer : network.layers) {
    if (layer.op == "dense") layer.attributes["init"] = std::string("lecun_normal");
  }
  DepthTunedSeluOptions request;
  request.depth = 300;
  request.width = 64;
  request.is_orthogonal = false;
  const double scale = scale_of(build_graph(network, 1), "selu_1");
  EXPECT_EQ(scale, selu_for_depth(request).constants.scale);
  EXPECT_GT(scale, scale_of(build_graph(deep(300, 64), 1), "selu_1"));
}

// The layer between weights and SELU has no weights of this kind.
TEST(ResolveAttributes, ShapeFindsTheKindOfWeightsBeforeOtherLayers) {
  const auto scale_with = [](const Settings& init) {
    Network network{{{"x", {64}}}, {}};
    for (int i = 0; i < 300; ++i) {
      Layer weights = dense(64);
      weights.attributes.insert(init.begin(), init.end());
      network.layers.insert(network.layers.end(), {weights, {"layer_norm"}, kShaped});
    }
    return scale_of(build_graph(network, 1), "selu_1");
  };
  EXPECT_GT(scale_with({{"init", "lecun_normal"}}), scale_with({}));
}

// This includes a dropout after the last SELU, and one that drops whole features.
TEST(ResolveAttributes, ShapeUsesEveryDropoutOfThePath) {
  const Network bare = deep(100, 64);
  const auto scale_with = [&](const Layer& dropout) {
    Network network = bare;
    network.layers.push_back(dropout);
    return scale_of(build_graph(network, 1), "selu_1");
  };
  const double without = scale_of(build_graph(bare, 1), "selu_1");
  const double with = scale_with({"alpha_dropout", {{"rate", 0.3}}});
  EXPECT_GT(with, without);
  EXPECT_EQ(scale_with({"feature_alpha_dropout", {{"rate", 0.3}}}), with);
}

TEST(ResolveAttributes, RejectsBothShapeAndScale) {
  Network network = deep(3, 8);
  network.layers[1].attributes["scale"] = 0.1;
  try {
    build_graph(network, 1);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'selu_1' (selu)"), std::string::npos) << error.what();
  }
}

TEST(ResolveAttributes, WeightsBeforeADepthTunedSeluAreOrthogonal) {
  const Graph graph = build_graph(deep(50, 64), 1);
  EXPECT_EQ(graph.parameters[0].init, "orthogonal");
  EXPECT_EQ(graph.parameters[0].gain, 1);
  // There are more outputs than inputs, so the rows of a matrix with orthonormal columns are too
  // short by a factor of √(64/16).
  Network tall{{{"x", {16}}}, {dense(64), kShaped, dense(2)}};
  EXPECT_EQ(build_graph(tall, 1).parameters[0].gain, 2);
  EXPECT_EQ(build_graph(tall, 1).parameters[2].init, "lecun_normal");
  // The weights are 4 orthonormal rows of 64 numbers. An output sums 4 of these numbers.
  const Settings transposed = {{"channels", std::int64_t{16}},
                               {"kernel", std::vector<std::int64_t>{2, 2}},
                               {"stride", std::vector<std::int64_t>{2, 2}}};
  const Network image{{{"x", {4, 5, 5}}}, {{"conv_transpose2d", transposed}, kShaped}, {}};
  EXPECT_EQ(build_graph(image, 1).parameters[0].gain, 4);
}

}  // namespace
}  // namespace selfnorm
