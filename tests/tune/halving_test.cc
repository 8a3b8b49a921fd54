// SPDX-License-Identifier: Apache-2.0
#include "tune/halving.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/random.h"

namespace selfnorm {
namespace {

using Score = std::optional<std::vector<double>>;

// Scores that depend on the trial only. One in five candidates fails.
Score score_of(const RungTrial& trial) {
  const auto [id, rung] = trial;
  const double u =
      uniform(random_key(7, "score", std::to_string(id)), static_cast<std::uint64_t>(rung));
  if (id % 5 == 4) return std::nullopt;
  return std::vector<double>{u, 0};
}

// Runs the search with this many trials at a time, which finish in an order drawn from `seed`.
std::set<RungTrial> run_all(Halving& halving, std::size_t at_a_time, std::uint64_t seed,
                            std::size_t most = 1000) {
  std::set<RungTrial> done;
  std::vector<RungTrial> running;
  for (std::uint64_t draw = 0; done.size() < most; ++draw) {
    while (running.size() < at_a_time) {
      const auto next = halving.start_next();
      if (!next) break;
      running.push_back(*next);
    }
    if (running.empty()) break;
    const double u = uniform(random_key(seed, "order", ""), draw);
    const auto at =
        running.begin() + static_cast<std::int64_t>(u * static_cast<double>(running.size()));
    halving.finish(*at, score_of(*at));
    EXPECT_TRUE(done.insert(*at).second) << at->first << ", rung " << at->second << " ran twice";
    running.erase(at);
  }
  return done;
}

std::vector<std::int64_t> candidates_at(const std::set<RungTrial>& trials, std::int64_t rung) {
  std::vector<std::int64_t> ids;
  for (const RungTrial& trial : trials)
    if (trial.second == rung) ids.push_back(trial.first);
  return ids;
}

TEST(Halving, TriesTheSameWhateverTheOrder) {
  Halving one_by_one(40);
  const std::set<RungTrial> expected = run_all(one_by_one, 1, 0);
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Halving several(40);
    EXPECT_EQ(run_all(several, 1 + seed % 6, seed), expected);
    EXPECT_EQ(several.ranked(kRungs - 1), one_by_one.ranked(kRungs - 1));
  }
}

// The promotions by their definition: a third of each group of nine, without those that failed.
TEST(Halving, PromotesTheBestThirdOfEachGroup) {
  Halving halving(24);
  const std::set<RungTrial> trials = run_all(halving, 3, 1);
  EXPECT_EQ(std::ssize(candidates_at(trials, 0)), 24);
  std::set<RungTrial> expected;
  for (std::int64_t first = 0; first < 24; first += 9) {
    std::vector<std::int64_t> ids;
    for (std::int64_t id = first; id < std::min<std::int64_t>(first + 9, 24); ++id)
      ids.push_back(id);
    for (std::int64_t rung = 0; rung < kRungs; ++rung) {
      for (const std::int64_t id : ids) expected.insert({id, rung});
      const std::size_t kept = std::max<std::size_t>(1, ids.size() / 3);
      std::erase_if(ids, [&](std::int64_t id) { return !score_of({id, rung}); });
      std::ranges::sort(ids, std::ranges::greater{}, [&](std::int64_t id) {
        return score_of({id, rung})->at(0);
      });
      ids.resize(std::min(kept, ids.size()));
      if (first == 0 && std::ranges::find(ids, 0) == ids.end()) ids.push_back(0);
    }
  }
  EXPECT_EQ(trials, expected);
}

TEST(Halving, StartsWithTheWholeTrainingOfTheDefault) {
  Halving halving(5);
  EXPECT_EQ(halving.start_next(), (RungTrial{0, kRungs - 1}));
}

TEST(Halving, WithoutANumberNeverEnds) {
  Halving halving(0);
  EXPECT_EQ(run_all(halving, 2, 1, 300).size(), 300U);
}

TEST(Halving, OfOneCandidateTrainsTheDefault) {
  Halving halving(1);
  EXPECT_EQ(run_all(halving, 2, 1), (std::set<RungTrial>{{0, 0}, {0, 1}, {0, 2}}));
}

TEST(Halving, RanksByTheFirstNumberAndThenTheSecond) {
  Halving halving(4);
  const std::vector<std::vector<double>> scores = {{0.5, 1}, {0.9, -3}, {0.1, 0}, {0.9, -2}};
  for (std::int64_t id = 0; id < 4; ++id)
    halving.finish({id, 0}, scores[static_cast<std::size_t>(id)]);
  EXPECT_EQ(halving.ranked(0), (std::vector<std::int64_t>{3, 1, 0, 2}));
}

TEST(Halving, LeavesOutTrialsOfASearchOverMoreCandidates) {
  Halving halving(9);
  for (std::int64_t id = 0; id < 20; ++id) halving.finish({id, 0}, score_of({id, 0}));
  EXPECT_EQ(std::ssize(halving.ranked(0)), 8);  // candidate 4 failed
  EXPECT_TRUE(halving.is_planned({8, 0}));
  EXPECT_FALSE(halving.is_planned({9, 0}));
}

TEST(Halving, RungsTakeAThirdOfTheEpochsOfTheNext) {
  for (const std::int64_t all : {1, 2, 10, 137, 300}) {
    EXPECT_EQ(epochs_of_rung(all, 2), all);
    EXPECT_EQ(epochs_of_rung(all, 1), std::max<std::int64_t>(1, all / 3));
    EXPECT_EQ(epochs_of_rung(all, 0), std::max<std::int64_t>(1, all / 9));
  }
}

}  // namespace
}  // namespace selfnorm
