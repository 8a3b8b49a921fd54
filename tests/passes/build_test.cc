// SPDX-License-Identifier: Apache-2.0
#include "passes/build.h"

#include <gtest/gtest.h>

#include <cmath>

#include "selfnorm/error.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

std::string message_of(const Network& network, ErrorKind kind) {
  try {
    build_graph(network, 4);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

Network chain(std::vector<Layer> layers, Shape input = {64}) {
  return {{{"x", input}}, std::move(layers), {}};
}

Layer dense(std::int64_t units) { return {"dense", {{"units", units}}}; }

TEST(BuildGraph, NamesAndSortsLayers) {
  Network network;
  network.inputs = {{"x", {8}}};
  network.layers = {{"add", {}, "sum", {"b", "a"}},
                    {"dense", {{"units", 4}}, "a", {"x"}},
                    {"dense", {{"units", 4}}, "b", {"a"}}};
  network.outputs = {"sum"};
  const Graph graph = build_graph(network, 2);
  ASSERT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(graph.nodes[2].name, "sum");
  EXPECT_EQ(graph.value(graph.outputs[0]).shape, (Shape{2, 4}));
  EXPECT_EQ(complete_names(chain({dense(3), {"selu"}, dense(2)})).layers[2].name, "dense_2");
}

TEST(BuildGraph, SharedLayersHaveOneSetOfParameters) {
  Network network;
  network.inputs = {{"left", {8}}, {"right", {8}}};
  network.layers = {{"dense", {{"units", 4}}, "encode", {"left"}},
                    {"dense", {{"units", 4}}, "again", {"right"}, "encode"},
                    {"concat", {}, "both", {"encode", "again"}}};
  EXPECT_EQ(build_graph(network, 1).parameters.size(), 2u);
  network.inputs[1].second = {9};
  EXPECT_EQ(message_of(network, ErrorKind::shape),
            "shape: layer 'again' (dense): shares 'encode.weight' of shape (4, 8), but needs shape "
            "(4, 9)");
}

// The layer that shares the weights is computed before the owner, and a ReLU follows it.
TEST(BuildGraph, SharedParametersUseTheInitAndL2OfTheirOwner) {
  Network network = chain({{"dense", {{"units", 64}}, "again", {}, "encode"},
                           {"relu"},
                           {"dense", {{"units", 64}}, "encode", {}, "", 0.25},
                           {"selu"}});
  const auto weight = [&] { return build_graph(network, 1).parameters.at(0); };
  EXPECT_EQ(weight().l2, 0.25);
  EXPECT_EQ(weight().init, "lecun_normal");
  EXPECT_EQ(weight().gain, 1) << "SELU follows the owner";
  network.layers[2].attributes["init"] = "he_normal";
  network.layers[2].attributes["init.gain"] = 0.5;
  EXPECT_EQ(weight().init, "he_normal");
  EXPECT_EQ(weight().gain, 0.5);
  const Layer plain = network.layers[0];
  network.layers[0].l2 = 0.1;
  EXPECT_EQ(message_of(network, ErrorKind::config),
            "config: layer 'again' (dense): `l2` belongs to the shared parameters (set it in layer "
            "'encode' instead)");
  for (const char* key : {"init", "init.gain"}) {
    network.layers[0] = plain;
    network.layers[0].attributes[key] = 2.0;
    EXPECT_NE(message_of(network, ErrorKind::config).find("'again' (dense): `init` belongs"),
              std::string::npos);
  }
}

TEST(BuildGraph, AutoInitializationDependsOnTheActivation) {
  const auto gain = [](const std::string& activation) {
    const Graph graph =
        build_graph(chain({dense(8), {"alpha_dropout"}, {activation}, dense(2)}), 1);
    EXPECT_EQ(graph.parameters[0].init, "lecun_normal");
    return graph.parameters[0].gain;
  };
  EXPECT_EQ(gain("selu"), 1);
  EXPECT_EQ(gain("relu"), std::sqrt(2.0));
  EXPECT_EQ(gain("tanh"), 1);
  const Graph last = build_graph(chain({dense(8), {"relu"}, dense(2)}), 1);
  EXPECT_EQ(last.parameters[2].gain, 1);
}

TEST(BuildGraph, OnlyConstantAcceptsAGainNotAbove0) {
  const auto network = [](const char* init, double gain) {
    return chain({{"dense", {{"units", 3}, {"init", init}, {"init.gain", gain}}}});
  };
  for (const double value : {-0.25, 0.0, 2.0}) {
    const Graph graph = build_graph(network("constant", value), 1);
    Weights weights(graph);
    weights.initialize(graph, 1);
    const std::vector<float> want(3 * 64, static_cast<float>(value));
    EXPECT_EQ(weights.get(weights.entries()[0]), want);
  }
  EXPECT_EQ(message_of(network("he_normal", -0.25), ErrorKind::config),
            "config: layer 'dense_1' (dense): 'init.gain' expects a number above 0 for he_normal, "
            "got -0.25 (only constant accepts any number)");
  EXPECT_NE(message_of(network("auto", 0), ErrorKind::config), "");
  EXPECT_NE(message_of(network("constant", std::nan("")), ErrorKind::config), "");
}

TEST(BuildGraph, ErrorsNameLocationAndExpectation) {
  const auto config = ErrorKind::config;
  EXPECT_EQ(message_of(chain({dense(3), {"sellu"}}), config),
            "config: layer 'sellu_1': unknown op 'sellu' (did you mean 'selu'?)");
  EXPECT_EQ(message_of(chain({{"dense", {{"unit", 3}}}}), config),
            "config: layer 'dense_1' (dense): unknown key 'unit' (did you mean 'units'?)");
  EXPECT_EQ(message_of(chain({{"alpha_dropout", {{"rate", 1.0}}}}), config),
            "config: layer 'alpha_dropout_1' (alpha_dropout): 'rate' expects a number in [0, 1), "
            "got 1.0 (fraction of the elements to drop)");
  EXPECT_NE(message_of(chain({{"dropout", {{"rate", std::nan("")}}}}), config), "");
  EXPECT_EQ(message_of(chain({dense(3)}, {1, 8, 8}), ErrorKind::shape),
            "shape: node 'dense_1' (dense): expects rows of features, input is (N, 1, 8, 8) "
            "(insert a flatten layer before it)");
  Network two = {{{"x", {4}}, {"z", {5}}}, {{"add", {}, "sum", {"x", "z"}}}, {}};
  EXPECT_EQ(message_of(two, ErrorKind::shape),
            "shape: node 'sum' (add): inputs must have the same shape, got (N, 4) and (N, 5)");
  two.layers = {{"dense", {{"units", 2}}, "only", {"x"}}};
  EXPECT_EQ(message_of(two, config),
            "config: input 'z' is not used (remove it, or name it in the `inputs` of a layer or in "
            "`outputs`)");
  const Network cycle = {
      {{"x", {4}}}, {{"add", {}, "a", {"x", "b"}}, {"scale", {}, "b", {"a"}}}, {}};
  EXPECT_EQ(message_of(cycle, config), "config: these layers form a cycle: a, b");
}

TEST(BuildGraph, RejectsUnknownAndRepeatedNames) {
  const Network network = {{{"image", {4}}}, {{"dense", {{"units", 2}}, "d", {"imgae"}}}, {}};
  EXPECT_EQ(message_of(network, ErrorKind::config),
            "config: layer 'd': there is no layer or input 'imgae' (did you mean 'image'?)");
  const Network twice = {{{"x", {4}}}, {{"selu", {}, "x", {"x"}}}, {}};
  EXPECT_EQ(
      message_of(twice, ErrorKind::config),
      "config: two layers or inputs are named 'x', but names must be unique (rename one of them)");
}

// Sizes beyond any machine must be an error here, and not an allocation or an overflow later.
TEST(BuildGraph, RejectsAbsurdSizes) {
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_NE(message_of(chain({dense(huge)}), ErrorKind::config), "");
  EXPECT_NE(message_of(chain({dense(1000000000)}, {1000000}), ErrorKind::shape), "");
  EXPECT_NE(message_of(chain({dense(1)}, {huge, huge}), ErrorKind::shape), "");
}

}  // namespace
}  // namespace selfnorm
