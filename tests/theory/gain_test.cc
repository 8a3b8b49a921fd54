// SPDX-License-Identifier: Apache-2.0
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

TEST(SecondMomentGain, MatchesTheClosedForms) {
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

TEST(SecondMomentGain, IsInfiniteForBoundedActivations) {
  const auto slope = [](double x) { return 1 - std::tanh(x) * std::tanh(x); };
  EXPECT_TRUE(std::isinf(second_moment_gain(by_quadrature(std::tanh, slope))));
}

MomentRule selu() {
  return [](const Gaussian& z) { return selu_moments(z); };
}

// E selu² is v·λ²(1 + α²)/2 for small v and v·λ²/2 for large v. E relu² is always v/2.
TEST(StableGains, KeepSmallSignalsAliveAndLargeOnesBounded) {
  const GainBand band = stable_gains(selu());
  const double l2 = kSeluLambda * kSeluLambda, a2 = kSeluAlpha * kSeluAlpha;
  EXPECT_NEAR(band.low, 2 / (l2 * (1 + a2)), 1e-4);  // √1e-10 away from the limit
  EXPECT_NEAR(band.high, 2 / l2, 1e-4);
  const GainBand relu = stable_gains([](const Gaussian& z) { return leaky_relu_moments(z, 0); });
  EXPECT_NEAR(relu.low, 2, kRelative);
  EXPECT_NEAR(relu.high, 2, kRelative);
}

TEST(StationaryStandardDeviation, IsOneWithoutDropoutAndInfiniteAtHalf) {
  EXPECT_NEAR(stationary_standard_deviation(selu(), 1), 1, 1e-6);
  EXPECT_NEAR(stationary_standard_deviation(selu(), 0.8), 1.687, 1e-3);
  EXPECT_TRUE(std::isinf(stationary_standard_deviation(selu(), 0.5)));
}

// At the fixed point, the squared correlation of y = a·(kept ? x : α′) + b with x is a²q².
TEST(EquivalentAlphaRate, KeepsTheSameFractionOfTheSignal) {
  for (const double plain : {0.0, 0.05, 0.2, 0.5, 0.9}) {
    const double rate = equivalent_alpha_rate(plain), a = alpha_dropout_affine(rate, 0, 1).a;
    EXPECT_NEAR(a * a * (1 - rate) * (1 - rate), 1 - plain, 1e-12);
  }
}

}  // namespace
}  // namespace selfnorm
