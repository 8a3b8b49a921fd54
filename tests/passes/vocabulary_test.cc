// SPDX-License-Identifier: Apache-2.0
// Tests inputs that contain token ids, and how later layers find their padding.
#include "passes/vocabulary.h"

#include <gtest/gtest.h>

#include <string>

#include "passes/build.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

Layer embedding(const std::string& name, std::int64_t vocabulary, const std::string& input) {
  return {"embedding", {{"vocabulary", vocabulary}, {"dimension", std::int64_t{4}}}, name, {input}};
}
Layer dense(const std::string& name, const std::string& input) {
  return {"dense", {{"units", std::int64_t{3}}}, name, {input}};
}
const Layer kPool{"pool_steps", {}, "pool", {"d"}};

Network sentence() {
  return {{{"words", {5}}}, {embedding("e", 9, "words"), dense("d", "e"), kPool}};
}

std::string error_of(const Network& network) {
  try {
    vocabulary_sizes(build_graph(network, 2));
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Vocabulary, PoolingAfterAnEmbeddingReadsItsTokenIds) {
  const Graph graph = build_graph(sentence(), 2);
  const Node& pool = graph.nodes.back();
  ASSERT_EQ(pool.inputs.size(), 2);
  EXPECT_EQ(pool.inputs[1], graph.inputs[0]);
}

TEST(Vocabulary, PoolingWithoutTokenIdsUsesAllSteps) {
  const Network network{{{"x", {5, 4}}}, {dense("d", "x"), kPool}};
  EXPECT_EQ(build_graph(network, 2).nodes.back().inputs.size(), 1);
}

TEST(Vocabulary, IsTheSmallestOfAllEmbeddingsThatReadTheInput) {
  Network network = sentence();
  network.layers.push_back(embedding("f", 7, "words"));
  network.layers.push_back({"pool_steps", {}, "g", {"f"}});
  network.layers.push_back({"concat", {}, "all", {"pool", "g"}});
  const Graph graph = build_graph(network, 2);
  const std::map<ValueId, std::int64_t> sizes = {{graph.inputs[0], 7}};
  EXPECT_EQ(vocabulary_sizes(graph), sizes);
}

TEST(Vocabulary, AcceptsAMaskAsTokenIds) {
  const Network network{{{"x", {5, 4}}, {"mask", {5}}},
                        {{"pool_steps", {}, "pool", {"x", "mask"}}}};
  const Graph graph = build_graph(network, 2);
  const std::map<ValueId, std::int64_t> sizes = {{graph.inputs[1], kMaxTokenIds}};
  EXPECT_EQ(vocabulary_sizes(graph), sizes);
}

TEST(Vocabulary, ReshapedStepsHaveNoTokenIds) {
  Network network = sentence();
  network.layers.insert(network.layers.begin() + 2,
                        {"reshape", {{"shape", std::vector<std::int64_t>{3, 5}}}, "r", {"d"}});
  network.layers.back().inputs = {"r"};
  EXPECT_EQ(build_graph(network, 2).nodes.back().inputs.size(), 1);
}

TEST(Vocabulary, PoolingOfSeveralSequencesMustNameOne) {
  const Network network{
      {{"a", {5}}, {"b", {5}}},
      {embedding("e", 9, "a"), embedding("f", 9, "b"), {"add", {}, "d", {"e", "f"}}, kPool}};
  EXPECT_NE(error_of(network).find("several sequences"), std::string::npos) << error_of(network);
  Network named = network;
  named.layers.back().inputs = {"d", "b"};
  EXPECT_EQ(error_of(named), "none");
}

TEST(Vocabulary, SharedTableIsEitherTrainableOrNot) {
  Network network = sentence();
  Layer other = embedding("f", 9, "words");
  other.share = "e";
  other.attributes["trainable"] = false;
  network.layers.push_back(other);
  EXPECT_NE(error_of(network).find("'f' (embedding): shares 'e.table'"), std::string::npos)
      << error_of(network);
}

TEST(Vocabulary, TokenIdsAreOnlyTokenIds) {
  Network network = sentence();
  network.layers.push_back(dense("plain", "words"));
  network.layers.push_back({"concat", {}, "all", {"pool", "plain"}});
  EXPECT_NE(error_of(network).find("'plain' (dense): reads 'words' as plain numbers"),
            std::string::npos)
      << error_of(network);
  const Network after_layer{{{"x", {5}}}, {dense("d", "x"), embedding("e", 9, "d")}};
  EXPECT_NE(
      error_of(after_layer).find("'e' (embedding): token ids must come directly from an input"),
      std::string::npos)
      << error_of(after_layer);
}

}  // namespace
}  // namespace selfnorm
