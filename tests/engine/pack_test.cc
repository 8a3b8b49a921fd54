// SPDX-License-Identifier: Apache-2.0
// Packing rows only improves speed. The results are the same for every network.
#include "passes/pack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <tuple>

#include "base/random.h"
#include "engine/program.h"
#include "ops/table.h"
#include "passes/autodiff.h"
#include "passes/build.h"
#include "passes/fuse.h"
#include "passes/views.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kSamples = 6, kSteps = 7, kVocabulary = 11, kWidth = 5;

// The layers of each step before the pooling.
std::vector<Layer> chain_of(const std::string& name, const std::string& from) {
  const Layer dense{"dense", {{"units", std::int64_t{4}}}, "d", {from}};
  const Layer selu{"selu", {}, "s", {"d"}};
  if (name == "nothing") return {};
  if (name == "dense") return {dense, selu};
  if (name == "residual") return {dense, selu, {"add", {}, "sum", {"s", "d"}}};
  return {dense,
          selu,
          {"alpha_dropout", {{"rate", 0.3}}, "drop", {"s"}},
          {"dense", {{"units", std::int64_t{3}}}, "d2", {"drop"}},
          {"dropout", {{"rate", 0.2}}, "drop2", {"d2"}}};
}

struct Case {
  std::string chain;
  Settings pooling;
  bool trainable = true;
};

Network network_of(const Case& c) {
  std::vector<Layer> layers = {
      {"embedding",
       {{"vocabulary", kVocabulary}, {"dimension", kWidth}, {"trainable", c.trainable}},
       "words",
       {"ids"}}};
  std::ranges::copy(chain_of(c.chain, "words"), std::back_inserter(layers));
  const std::string last = layers.back().name;
  layers.push_back({"pool_steps", c.pooling, "pooled", {last}});
  layers.push_back({"dense", {{"units", std::int64_t{2}}}, "out"});
  return {{{"ids", {kSteps}}}, layers, {}};
}

// Sentences of several lengths with repeated words. One is empty, and one has a gap.
std::vector<float> sentences() {
  std::vector<float> ids(kSamples * kSteps, 0);
  for (std::int64_t n = 0; n < kSamples; ++n) {
    for (std::int64_t t = 0; t < std::min(n * 2, kSteps); ++t) {
      const double draw = uniform(random_key(3, "ids", ""), static_cast<std::uint64_t>(n * 8 + t));
      ids[static_cast<std::size_t>(n * kSteps + t)] =
          static_cast<float>(1 + std::floor(draw * (kVocabulary - 1)));
    }
  }
  ids[4 * kSteps + 2] = 0;
  return ids;
}

struct Outcome {
  Graph graph;
  Weights weights;
  std::vector<ValueId> gradients;
  std::unique_ptr<Program> program;

  Outcome(const Network& network, Mode mode, bool packed, bool ends_without_words = false)
      : graph(build_engine_graph(network, kSamples)) {
    weights = Weights(graph);
    weights.initialize(graph, 1);
    const Bindings bindings = weights.bindings(graph);
    if (packed) pack_sequences(graph, mode);
    fuse(graph, mode);
    std::vector<ValueId> parameters;
    for (const Parameter& each : graph.parameters) {
      if (graph.value(each.value).role == Role::parameter) parameters.push_back(each.value);
    }
    if (mode == Mode::training) gradients = differentiate(graph, graph.outputs[0], parameters);
    program = std::make_unique<Program>(graph, mode, 2, bindings, gradients);
    // Two steps, since the first one must not affect the second.
    for (std::uint64_t step = 0; step < 2; ++step) {
      const std::vector<float> nothing(kSamples * kSteps, 0);
      const bool is_empty = ends_without_words && step == 1;
      std::ranges::copy(is_empty ? nothing : sentences(), program->data(graph.inputs[0]));
      program->run(step, 10);
    }
  }

  Outcome(const Case& c, Mode mode, bool packed) : Outcome(network_of(c), mode, packed) {}

  std::vector<std::vector<float>> values() const {
    std::vector<ValueId> ids = gradients;
    ids.push_back(graph.outputs[0]);
    std::vector<std::vector<float>> all;
    for (const ValueId id : ids) {
      const float* data = program->data(id);
      all.emplace_back(data, data + elements(graph.value(id).shape));
    }
    return all;
  }

  bool is_packed() const {
    return std::ranges::any_of(graph.values, [](const Value& v) { return v.starts != kNoValue; });
  }
  // The number of rows of the packed values of a batch.
  std::int64_t packed_rows() const {
    const auto value =
        std::ranges::find_if(graph.values, [](const Value& v) { return v.starts != kNoValue; });
    return static_cast<std::int64_t>(program->data(value->starts)[kSamples]);
  }
};

// Two orders of a sum of m terms differ by at most 2·m·ε of the sum of their magnitudes, which is
// at most m times the largest magnitude. Every number passes through three sums of at most
// kSamples·kSteps terms.
void expect_same(const Outcome& plain, const Outcome& packed) {
  constexpr double kTerms = kSamples * kSteps, kEpsilon = 6e-8;
  const auto want = plain.values(), got = packed.values();
  for (std::size_t i = 0; i < want.size(); ++i) {
    double largest = 0;
    for (const float v : want[i]) largest = std::max(largest, std::abs(double{v}));
    for (std::size_t k = 0; k < want[i].size(); ++k) {
      EXPECT_NEAR(want[i][k], got[i][k], 3 * 2 * kTerms * kEpsilon * largest) << i << ", " << k;
    }
  }
}

using Strings = std::tuple<std::string, std::string, bool>;
class Packing : public testing::TestWithParam<Strings> {
 protected:
  static Case the_case() {
    const auto& [chain, mode, trainable] = GetParam();
    if (mode != "padded_sum") return {chain, {{"mode", mode}}, trainable};
    return {chain, {{"mode", std::string("sum")}, {"padded_sum", true}}, trainable};
  }
};

TEST_P(Packing, ChangesNeitherOutputsNorGradients) {
  for (const Mode mode : {Mode::training, Mode::inference}) {
    const Outcome plain(the_case(), mode, false), packed(the_case(), mode, true);
    EXPECT_FALSE(plain.is_packed());
    expect_same(plain, packed);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Packing,
    testing::Combine(testing::Values("nothing", "dense", "residual", "masked"),
                     testing::Values("sum", "sqrt", "mean", "max", "padded_sum"), testing::Bool()));

// Each pooling counts its own steps, although one of them includes the padding.
TEST(PackedRows, ServeSeveralPoolings) {
  Network network = network_of({"dense", {{"mode", std::string("sum")}, {"padded_sum", true}}});
  network.layers.pop_back();
  std::vector<std::string> pooled = {"pooled"};
  for (const std::string mode : {"sum", "mean", "max"}) {
    network.layers.push_back({"pool_steps", {{"mode", mode}}, mode, {"s"}});
    pooled.push_back(mode);
  }
  network.layers.push_back({"concat", {}, "both", pooled});
  network.layers.push_back({"dense", {{"units", std::int64_t{2}}}, "out"});
  const Outcome plain(network, Mode::training, false), packed(network, Mode::training, true);
  EXPECT_TRUE(packed.is_packed());
  expect_same(plain, packed);
}

TEST(PackedRows, MayBeEmpty) {
  for (const char* chain : {"dense", "masked"}) {
    const Network network = network_of({chain, {}});
    const Outcome plain(network, Mode::training, false, true);
    const Outcome packed(network, Mode::training, true, true);
    EXPECT_EQ(packed.packed_rows(), 0);
    expect_same(plain, packed);
  }
}

std::int64_t distinct_words() {
  std::vector<float> words = sentences();
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return std::ssize(words) - 1;  // without padding
}

TEST(PackedRows, AreDistinctWords) {
  const Settings mean = {{"mode", std::string("mean")}};
  EXPECT_EQ(Outcome({"dense", mean}, Mode::training, true).packed_rows(), distinct_words());
  const Settings padded = {{"mode", std::string("sum")}, {"padded_sum", true}};
  EXPECT_EQ(Outcome({"dense", padded}, Mode::training, true).packed_rows(), distinct_words() + 1);
  EXPECT_EQ(Outcome({"masked", mean}, Mode::inference, true).packed_rows(), distinct_words());
}

TEST(PackedRows, AreStepsIfEachStepHasAMask) {
  // There are 0 + 2 + 4 + 6 + 7 + 7 steps, and the gap also has a row.
  EXPECT_EQ(Outcome({"masked", {}}, Mode::training, true).packed_rows(), 26);
  const Settings padded = {{"mode", std::string("sum")}, {"padded_sum", true}};
  EXPECT_FALSE(Outcome({"masked", padded}, Mode::training, true).is_packed());
}

TEST(PackedRows, AreNotUsedIfAnotherLayerReadsTheSteps) {
  Network network = network_of({"dense", {}});
  network.layers.push_back({"flatten", {}, "flat", {"s"}});
  network.layers.push_back({"concat", {}, "both", {"flat", "out"}});
  Graph graph = build_engine_graph(network, kSamples);
  const std::size_t nodes = graph.nodes.size();
  pack_sequences(graph, Mode::training);
  EXPECT_EQ(graph.nodes.size(), nodes);
}

}  // namespace
}  // namespace selfnorm
