// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/theory.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Six roundings of doubles, each with a relative error of 1.1e-16, in well-conditioned steps.
constexpr double kRelative = 1e-15;

void expect_relative(double got, double want) {
  EXPECT_NEAR(got, want, kRelative * std::abs(want));
}

// The columns are rate, mean, variance, a, b, with 25 digits, computed in higher precision.
TEST(AlphaDropoutAffine, MatchesTheReferenceTable) {
  std::ifstream table(SELFNORM_SOURCE_DIR "/tests/golden/alpha_dropout.csv");
  std::string line;
  std::getline(table, line);
  int rows = 0;
  char comma = 0;
  for (double rate, mean, variance, a, b;
       table >> rate >> comma >> mean >> comma >> variance >> comma >> a >> comma >> b; ++rows) {
    SCOPED_TRACE(testing::Message() << "rate " << rate << " mean " << mean);
    const AlphaAffine got = alpha_dropout_affine(rate, mean, variance);
    expect_relative(got.a, a);
    expect_relative(got.b, b);
  }
  EXPECT_EQ(rows, 10);
}

TEST(AlphaDropoutAffine, KeepsMeanAndVariance) {
  for (const double keep : {1.0, 0.9, 0.5, 0.01, 1.0 / 65536}) {
    for (const double mean : {0.0, -0.7, 2.0}) {
      for (const double alpha_prime : {kAlphaPrime, -1.0, 0.0}) {
        const double variance = 1.3;
        const auto [a, b] = alpha_dropout_affine(1 - keep, mean, variance, alpha_prime);
        const double dropped = a * alpha_prime + b;
        const double kept = a * mean + b;
        // If little is kept, a·α′ and b are large with opposite signs.
        const double scale = 1 + a * (std::abs(alpha_prime) + std::abs(mean));
        EXPECT_NEAR(keep * kept + (1 - keep) * dropped, mean, kRelative * scale);
        const double second =
            keep * (a * a * variance + kept * kept) + (1 - keep) * dropped * dropped;
        // `kept` and `dropped` are at most `scale`, with an error of a few of its roundings. Their
        // squares double this error, and their weights sum to 1. The other term, keep·a²·variance,
        // is at most the variance, since keep·a² ≤ 1. It has two roundings of a and four of its
        // own.
        EXPECT_NEAR(second - mean * mean, variance, kRelative * (variance + scale * scale));
      }
    }
  }
}

TEST(AlphaDropoutAffine, IsTheIdentityWithoutDropout) {
  const auto [a, b] = alpha_dropout_affine(0, 0.25, 2);
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 0);
}

// At mean 0, b = −a·rate·α′, even if 1 − rate loses digits.
TEST(AlphaDropoutAffine, IsExactForRatesNearZero) {
  for (const double rate : {1e-6, 1e-10, 1e-17, 1e-300}) {
    const auto [a, b] = alpha_dropout_affine(rate, 0, 1);
    expect_relative(b, -a * rate * kAlphaPrime);
    EXPECT_GT(b, 0);
  }
}

// The mean over the mask of a·(x or α′) + b, for several inputs.
TEST(ExpectedAlphaDropout, IsTheMeanOverTheMask) {
  for (const double rate : {0.0, 0.05, 0.5, 0.9}) {
    for (const double mean : {0.0, -0.7}) {
      const double alpha_prime = -1.3, variance = 1.7;
      const auto [a, b] = alpha_dropout_affine(rate, mean, variance, alpha_prime);
      const AlphaAffine expected = expected_alpha_dropout(rate, mean, variance, alpha_prime);
      for (const double x : {-2.0, 0.0, 3.0}) {
        const double want = (1 - rate) * (a * x + b) + rate * (a * alpha_prime + b);
        const double scale = a * (std::abs(x) + std::abs(alpha_prime)) + std::abs(b);
        EXPECT_NEAR(expected.a * x + expected.b, want, 8 * 0x1p-53 * scale);
      }
    }
  }
}

TEST(AlphaDropoutAffine, RejectsInputsWithoutFiniteResult) {
  EXPECT_THROW(alpha_dropout_affine(1, 0, 1), Error);
  EXPECT_THROW(alpha_dropout_affine(0.1, 0, 0), Error);
  EXPECT_THROW(alpha_dropout_affine(0.1, 0, 1e-320), Error);
  EXPECT_THROW(alpha_dropout_affine(0.1, 1e200, 1), Error);
  EXPECT_THROW(alpha_dropout_affine(0.1, std::nan(""), 1), Error);
}

}  // namespace
}  // namespace selfnorm
