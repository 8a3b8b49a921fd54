// SPDX-License-Identifier: Apache-2.0
#include "data/synthetic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Without noise, every point is on its curve.
TEST(Synthetic, PointsAreOnTheirCurves) {
  constexpr double kRounding = 1e-12;
  for (const SyntheticPoint& p : make_synthetic("circles", {100, 0, 3})) {
    EXPECT_NEAR(std::hypot(p.x, p.y), p.class_index == 0 ? 1 : 0.5, kRounding);
  }
  for (const SyntheticPoint& p : make_synthetic("moons", {100, 0, 3})) {
    const double x = p.class_index == 0 ? p.x : 1 - p.x, y = p.class_index == 0 ? p.y : 0.5 - p.y;
    EXPECT_NEAR(std::hypot(x, y), 1, kRounding);
    EXPECT_GE(y, 0);
  }
  for (const SyntheticPoint& p : make_synthetic("spirals", {100, 0, 3})) {
    const double along = std::hypot(p.x, p.y), sign = p.class_index == 0 ? 1 : -1;
    EXPECT_NEAR(p.x, sign * along * std::cos(9.42477796076938 * along), kRounding);
  }
}

TEST(Synthetic, AlternatesClassesAndDependsOnTheSeed) {
  const auto points = make_synthetic("spirals", {7, 0.1, 1});
  EXPECT_EQ(points.size(), 7u);
  EXPECT_EQ(points[3].class_index, 1);
  EXPECT_EQ(points[0].x, make_synthetic("spirals", {100, 0.1, 1})[0].x);
  EXPECT_NE(points[0].x, make_synthetic("spirals", {7, 0.1, 2})[0].x);
}

TEST(Synthetic, RejectsInvalidRequests) {
  EXPECT_THROW(make_synthetic("spiral", {}), Error);
  EXPECT_THROW(make_synthetic("moons", {1, 0.1, 1}), Error);
  EXPECT_THROW(make_synthetic("moons", {10, -0.1, 1}), Error);
  EXPECT_THROW(make_synthetic("moons", {10, std::nan(""), 1}), Error);
}

}  // namespace
}  // namespace selfnorm
