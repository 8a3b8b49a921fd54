// SPDX-License-Identifier: Apache-2.0
#include "tune/search_space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace selfnorm {
namespace {

SearchSpace space() {
  SearchSpace space;
  space.standard = {{256, 128}, 0.1, "none", "quantile", 0.004, 0.5};
  return space;
}

TEST(SearchSpace, StartsWithTheDefault) {
  const Candidate first = draw_candidate(space(), 0);
  EXPECT_EQ(to_string(first), "256-128, rate 0.004, dropout 0.1, decay 0.5, quantile");
}

TEST(SearchSpace, DrawsEveryChoiceWithinItsBounds) {
  std::set<double> dropouts;
  std::set<std::string> scalings, embeddings;
  std::set<std::size_t> depths;
  double lowest = 1, highest = 0;
  SearchSpace with_embeddings = space();
  with_embeddings.has_numeric_embeddings = true;
  for (std::int64_t id = 1; id < 500; ++id) {
    const Candidate c = draw_candidate(with_embeddings, id);
    EXPECT_LE(std::accumulate(c.hidden.begin(), c.hidden.end(), std::int64_t{0}), 1024);
    EXPECT_TRUE(std::ranges::is_sorted(c.hidden, std::ranges::greater{}));
    EXPECT_GE(c.hidden.back(), 16);
    // The decay of the weights over a training is 0, or within a factor of ten of the default's.
    const double shrinkage = c.weight_decay * c.learning_rate / (0.5 * 0.004);
    EXPECT_TRUE(c.weight_decay == 0 || (shrinkage > 0.099 && shrinkage < 10.1)) << shrinkage;
    lowest = std::min(lowest, c.learning_rate);
    highest = std::max(highest, c.learning_rate);
    dropouts.insert(c.dropout_rate);
    scalings.insert(c.scaling);
    embeddings.insert(c.numeric_embedding);
    depths.insert(c.hidden.size());
  }
  EXPECT_EQ(dropouts, (std::set{0.0, 0.05, 0.1, 0.2, 0.3}));
  EXPECT_EQ(scalings, (std::set<std::string>{"standard", "robust", "quantile"}));
  EXPECT_EQ(embeddings, (std::set<std::string>{"none", "periodic", "pbld"}));
  EXPECT_EQ(depths, (std::set<std::size_t>{1, 2, 3, 4, 6, 8}));
  EXPECT_GE(lowest, 0.001);
  EXPECT_LT(lowest, 0.0011);
  EXPECT_LE(highest, 0.016);
  EXPECT_GT(highest, 0.0145);
}

TEST(SearchSpace, KeepsGivenOptions) {
  SearchSpace fixed = space();
  fixed.given = {"hidden", "optimizer.learning_rate", "scaling"};
  std::set<double> dropouts;
  for (std::int64_t id = 1; id < 50; ++id) {
    const Candidate c = draw_candidate(fixed, id);
    EXPECT_EQ(c.hidden, fixed.standard.hidden);
    EXPECT_EQ(c.learning_rate, fixed.standard.learning_rate);
    EXPECT_EQ(c.scaling, fixed.standard.scaling);
    EXPECT_EQ(c.numeric_embedding, "none");  // has_numeric_embeddings is false
    dropouts.insert(c.dropout_rate);
  }
  EXPECT_GT(dropouts.size(), 2U);
}

TEST(SearchSpace, OfAnotherSeedHasOtherCandidates) {
  SearchSpace other = space();
  other.seed = 2;
  EXPECT_EQ(to_string(draw_candidate(space(), 3)), to_string(draw_candidate(space(), 3)));
  EXPECT_NE(to_string(draw_candidate(space(), 3)), to_string(draw_candidate(other, 3)));
}

TEST(SearchSpace, SetsTheOptionsOfACandidate) {
  RunConfig config;
  config.preset = "auto";
  const RunConfig changed = with_candidate(config, {{64}, 0.2, "pbld", "robust", 0.01, 0.3}, 7);
  EXPECT_EQ(changed.default_network.hidden, (std::vector<std::int64_t>{64}));
  EXPECT_EQ(changed.default_network.dropout_rate, 0.2);
  EXPECT_EQ(changed.default_network.numeric_embedding, "pbld");
  EXPECT_EQ(changed.data.scaling, "robust");
  EXPECT_EQ(changed.train.optimizer.learning_rate, 0.01);
  EXPECT_EQ(changed.train.optimizer.weight_decay, 0.3);
  EXPECT_EQ(changed.train.epochs, 7);
  for (const char* name : {"hidden", "epochs", "optimizer.learning_rate"})
    EXPECT_NE(std::ranges::find(changed.given, name), changed.given.end()) << name;
}

}  // namespace
}  // namespace selfnorm
