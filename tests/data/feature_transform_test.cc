// SPDX-License-Identifier: Apache-2.0
#include "data/feature_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/random.h"

namespace selfnorm {
namespace {

using Kind = FeatureTransform::Kind;

// Numbers of a log-normal distribution, whose tail is long.
std::vector<double> sorted_log_normals(std::size_t count) {
  const RandomKey key = random_key(3, "test", "numbers");
  std::vector<double> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = std::exp(2 * normal(key, i));
  std::ranges::sort(numbers);
  return numbers;
}

TEST(SmoothClip, MapsMedianAndQuartilesOfTheData) {
  const FeatureTransform clip = fit_smooth_clip({0, 1, 2, 4, 100});
  EXPECT_EQ(clip.center, 2);
  EXPECT_EQ(clip.width, 3);
  EXPECT_EQ(apply_transform(clip, 2), 0);
  EXPECT_DOUBLE_EQ(apply_transform(clip, 5), 1 / std::sqrt(1 + 1.0 / 9));
  EXPECT_DOUBLE_EQ(apply_transform(clip, -7), -3 / std::sqrt(2));
}

TEST(SmoothClip, IsBoundedMonotoneAndNearlyLinearInTheMiddle) {
  const FeatureTransform clip = fit_smooth_clip(sorted_log_normals(1000));
  double last = -4;
  for (double u = -40; u < 40; u += 0.5) {
    const double y = apply_transform(clip, clip.center + u * clip.width);
    EXPECT_GT(y, last);
    EXPECT_LT(std::abs(y), 3);
    // u − u/√(1+(u/3)²) is at most |u|³/18.
    EXPECT_LE(std::abs(y - u), std::pow(std::abs(u), 3) / 18 + 1e-12);
    last = y;
  }
}

TEST(SmoothClip, UsesTheRangeIfTheQuartilesAreEqual) {
  const FeatureTransform clip = fit_smooth_clip({0, 0, 0, 0, 0, 0, 0, 8});
  EXPECT_EQ(clip.width, 4);
  EXPECT_EQ(clip.center, 0);
}

// The empirical distribution of the results is that of the ranks, up to one knot's share.
TEST(NormalQuantiles, GiveANormalDistribution) {
  const std::vector<double> numbers = sorted_log_normals(10'000);
  const FeatureTransform quantiles = fit_normal_quantiles(numbers);
  EXPECT_LE(quantiles.knots.size(), 256u);
  for (std::size_t i = 0; i < numbers.size(); i += 97) {
    const double z = apply_transform(quantiles, numbers[i]);
    const double cumulative = 0.5 * std::erfc(-z / std::numbers::sqrt2);
    EXPECT_NEAR(cumulative, (static_cast<double>(i) + 0.5) / 10'000, 1.0 / 255);
  }
}

TEST(NormalQuantiles, GiveEqualNumbersTheMeanOfTheirRanks) {
  const FeatureTransform quantiles = fit_normal_quantiles({1, 1, 1, 1, 1, 1, 5, 5});
  EXPECT_EQ(quantiles.knots, (std::vector<double>{1, 5}));
  // Ranks 3/8 and 7/8. The quantiles of 3/8 and 7/8 are −0.31864 and 1.15035.
  EXPECT_NEAR(quantiles.normals[0], -0.31864, 1e-5);
  EXPECT_NEAR(quantiles.normals[1], 1.15035, 1e-5);
}

TEST(NormalQuantiles, AreConstantBeyondTheData) {
  const FeatureTransform quantiles = fit_normal_quantiles({1, 2, 3, 4});
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(apply_transform(quantiles, infinity), apply_transform(quantiles, 4));
  EXPECT_EQ(apply_transform(quantiles, -infinity), apply_transform(quantiles, 1));
}

TEST(FeatureTransform, KeepsMissingNumbersAndConstantFeatures) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  for (const auto fit : {fit_smooth_clip, fit_normal_quantiles}) {
    EXPECT_TRUE(std::isnan(apply_transform(fit({1, 2, 3}), missing)));
    EXPECT_EQ(fit({2, 2, 2}).kind, Kind::none);
    EXPECT_EQ(fit({}).kind, Kind::none);
  }
  EXPECT_EQ(apply_transform({}, 7), 7);
  EXPECT_EQ(apply_transform({Kind::constant, 4, 1, {}, {}}, 7), 4);
  EXPECT_EQ(apply_transform({Kind::constant, 4, 1, {}, {}}, missing), 4);
}

TEST(FeatureTransform, ChecksWhatAFileMayContain) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(is_valid(fit_smooth_clip({1, 2, 3})));
  EXPECT_TRUE(is_valid(fit_normal_quantiles({1, 2, 3})));
  EXPECT_FALSE(is_valid({Kind::smooth_clip, 0, 0, {}, {}}));
  EXPECT_FALSE(is_valid({Kind::smooth_clip, infinity, 1, {}, {}}));
  EXPECT_FALSE(is_valid({Kind::quantile, 0, 1, {1}, {1}}));
  EXPECT_FALSE(is_valid({Kind::quantile, 0, 1, {1, 2}, {1}}));
  EXPECT_FALSE(is_valid({Kind::quantile, 0, 1, {1, 1}, {1, 2}}));
  EXPECT_FALSE(is_valid({Kind::quantile, 0, 1, {1, 2}, {2, 1}}));
  EXPECT_FALSE(is_valid({Kind::quantile, 0, 1, {1, infinity}, {1, 2}}));
}

}  // namespace
}  // namespace selfnorm
