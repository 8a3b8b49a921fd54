// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "selfnorm/constants.h"

namespace selfnorm {
namespace {

// The known answers in Random123's kat_vectors for philox4x32-10.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0}, {0, 0, 0, 0}),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({~0ull}, {ones, ones, ones, ones}),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(RandomKey, DependsOnEveryPart) {
  const std::set<std::uint64_t> keys = {
      random_key(1, "mask", "a").bits, random_key(2, "mask", "a").bits,
      random_key(1, "init", "a").bits, random_key(1, "mask", "b").bits};
  EXPECT_EQ(keys.size(), 4u);
}

struct Moments {
  double mean = 0, variance = 0;
};

template <class Draw>
Moments moments(int count, Draw draw) {
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double x = draw(static_cast<std::uint64_t>(i));
    sum += x;
    squares += x * x;
  }
  return {sum / count, squares / count - (sum / count) * (sum / count)};
}

TEST(UnitInterval, ExcludesBothEnds) {
  EXPECT_GT(unit_interval(0), 0);
  EXPECT_LT(unit_interval(~std::uint64_t{0}), 1);
}

// Five standard errors: a false alarm has probability one in two million. The key fixes the draws.
TEST(Draws, HaveTheExpectedMoments) {
  const int count = 200000;
  const double error = 5 / std::sqrt(count);
  const RandomKey key = random_key(7, "test", "draws");
  const Moments u = moments(count, [&](auto i) { return uniform(key, i); });
  EXPECT_NEAR(u.mean, 0.5, error * std::sqrt(1.0 / 12));
  EXPECT_NEAR(u.variance, 1.0 / 12, error * std::sqrt(1.0 / 180));
  const Moments z = moments(count, [&](auto i) { return normal(key, i); });
  EXPECT_NEAR(z.mean, 0, error);
  EXPECT_NEAR(z.variance, 1, error * std::sqrt(2.0));
  const Moments t = moments(count, [&](auto i) { return truncated_normal(key, i); });
  const double deviation = kTruncatedNormalStandardDeviation;
  EXPECT_NEAR(t.mean, 0, error * deviation);
  EXPECT_NEAR(t.variance, deviation * deviation, error * std::sqrt(2.0) * deviation * deviation);
}

TEST(Permutation, ContainsEveryNumberOnceInANewOrder) {
  const auto order = permutation(random_key(3, "shuffle", "0"), 1000);
  EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 1000u);
  int fixed = 0;
  for (std::int64_t i = 0; i < 1000; ++i) fixed += order[static_cast<std::size_t>(i)] == i;
  EXPECT_LT(fixed, 10);  // Poisson with mean 1: P(≥ 10) is 1e-7
  EXPECT_TRUE(permutation({1}, 0).empty());
}

}  // namespace
}  // namespace selfnorm
