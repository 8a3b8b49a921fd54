#include "theory/gain.h"

#include <gtest/gtest.h>

#include <cmath>

#include "selfnorm/constants.h"

namespace selfnorm {
namespace {

constexpr double kRelative = 1e-12;

MomentRule by_quadrature(double (*f)(double), double (*df)(double)) {
  return [=](const Gaussian& z) { return quadrature_moments(f, df, z, {0}); };
}

TEST(SecondMomentGain, EqualsTheClosedForms) {
  for (const double slope : {0.0, 0.2, 1.0}) {
    const MomentRule rule = [=](const Gaussian& z) { return leaky_relu_moments(z, slope); };
    EXPECT_NEAR(second_moment_gain(rule), 2 / (1 + slope * slope), kRelative);  // He et al. 2015
  }
  EXPECT_NEAR(second_moment_gain([](const Gaussian& z) { return selu_moments(z); }), 1, kRelative);
}

TEST(SecondMomentGain, KeepsTheSecondMoment) {
  for (const SeluConstants c : {SeluConstants{1, 1}, {0.5, 2}, {1.6, 1, 0.25}}) {
    const MomentRule rule = [=](const Gaussian& z) { return selu_moments(z, c); };
    const ActivationMoments f = rule({0, second_moment_gain(rule)});
    EXPECT_NEAR(f.variance + f.mean * f.mean, 1, kRelative);
  }
}

TEST(SecondMomentGain, BoundedActivationsHaveNone) {
  const auto slope = [](double x) { return 1 - std::tanh(x) * std::tanh(x); };
  EXPECT_TRUE(std::isinf(second_moment_gain(by_quadrature(std::tanh, slope))));
}

}  // namespace
}  // namespace selfnorm
