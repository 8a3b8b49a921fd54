// SPDX-License-Identifier: Apache-2.0
#include "theory/normal_maximum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace selfnorm {
namespace {

Normals correlated(std::size_t count, double variance, double rho, double mean = 0) {
  Normals x{std::vector<double>(count, mean), {}};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      x.covariances.push_back(i == j ? variance : rho * variance);
    }
  }
  return x;
}

// The promised error in standard deviations.
constexpr double kPromise = 0.01;

// E max(x, y) = √(σ²(1 − ρ)/π).
TEST(MaximumMoments, MatchesTheFormulaForTwoNormals) {
  for (const double rho : {-0.5, 0.0, 0.9}) {
    const Moments largest = maximum_moments(correlated(2, 4, rho, 3));
    const double excess = std::sqrt(4 * (1 - rho) / std::numbers::pi);
    EXPECT_NEAR(largest.mean, 3 + excess, 2 * kPromise);
    EXPECT_NEAR(largest.variance, 4 - excess * excess, 4 * 2 * kPromise);
  }
}

TEST(MaximumMoments, IgnoresVariablesThatAreNeverTheMaximum) {
  const Moments largest = maximum_moments({{0, -100}, {1, 0, 0, 1}});
  EXPECT_NEAR(largest.mean, 0, 1e-12);
  EXPECT_NEAR(largest.variance, 1, 1e-12);
}

// The standard deviation is 0. A variable that does not vary keeps its value.
TEST(MaximumMoments, AcceptsConstantVariables) {
  EXPECT_NEAR(maximum_moments(correlated(5, 0, 0, 2)).mean, 2, 1e-12);
  EXPECT_NEAR(maximum_moments(correlated(3, 1, 1)).variance, 1, 1e-12);
}

// No variables have these covariances. Each covariance is still limited by its variances.
TEST(MaximumMoments, IsBoundedForImpossibleCovariances) {
  EXPECT_LT(maximum_moments({{0, 0, 0}, {1, 0.9, 0.9, 0.9, 1, -0.9, 0.9, -0.9, 1}}).variance, 1.2);
}

TEST(MatchEquicorrelated, KeepsIndependentNormals) {
  const EquicorrelatedNormals normals = match_equicorrelated(correlated(4, 2.5, 0, -1));
  EXPECT_NEAR(normals.mean, -1, 1e-12);
  EXPECT_NEAR(normals.variance, 2.5, 1e-9);
  EXPECT_NEAR(normals.correlation, 0, 1e-9);
}

TEST(MatchEquicorrelated, KeepsASingleNormal) {
  const EquicorrelatedNormals normals = match_equicorrelated({{0.5}, {3}});
  EXPECT_EQ(normals.mean, 0.5);
  EXPECT_EQ(normals.variance, 3);
}

double increasing(double z) { return std::exp(z); }

// A single element is kept or not, whatever its value.
TEST(MaskedMaximumCovariances, AreExactForOneElement) {
  const auto got = masked_maximum_covariances({0.3, 2, 0}, 1, increasing, 0.7, -1);
  EXPECT_NEAR(got.of_masked, 0.7 * 0.7, 1e-12);
  EXPECT_NEAR(got.with_largest, 0.7, 1e-12);
}

TEST(MaskedMaximumCovariances, AreOneIfEverythingIsKept) {
  const auto got = masked_maximum_covariances({0, 1, 0.2}, 5, increasing, 1, -1);
  EXPECT_NEAR(got.of_masked, 1, 1e-12);
  EXPECT_NEAR(got.with_largest, 1, 1e-12);
}

// Two masks of n elements with equal z choose the same maximum: all that matters is whether one
// element is kept.
TEST(MaskedMaximumCovariances, AreThoseOfOneElementIfAllAreEqual) {
  const double any = 1 - std::pow(0.3, 4);
  const auto got = masked_maximum_covariances({0, 1, 1}, 4, increasing, 0.7, -1);
  EXPECT_NEAR(got.of_masked, any * any, 1e-12);
  EXPECT_NEAR(got.with_largest, any, 1e-12);
}

}  // namespace
}  // namespace selfnorm
