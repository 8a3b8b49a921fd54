#include "theory/gain.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/constants.h"

namespace selfnorm {
namespace {

constexpr double kRelative = 1e-8;  // the header's bound

TEST(SecondMomentGain, EqualsTheClosedForms) {
  EXPECT_NEAR(second_moment_gain([](double x) { return x; }), 1, kRelative);
  EXPECT_NEAR(second_moment_gain([](double x) { return std::max(0.0, x); }), 2, 2 * kRelative);
  EXPECT_NEAR(second_moment_gain([](double x) { return x > 0 ? x : 0.2 * x; }), 2 / 1.04,
              2 * kRelative);
  const auto selu = [](double x) { return kSeluLambda * (x > 0 ? x : kSeluAlpha * std::expm1(x)); };
  EXPECT_NEAR(second_moment_gain(selu), 1, kRelative);
}

TEST(SecondMomentGain, BoundedActivationsHaveNone) {
  EXPECT_TRUE(std::isinf(second_moment_gain([](double x) { return std::tanh(x); })));
}

}  // namespace
}  // namespace selfnorm
