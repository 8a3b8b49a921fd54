// SPDX-License-Identifier: Apache-2.0
#include "kernels/dropout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/simd/pointwise.h"
#include "selfnorm/theory.h"

namespace selfnorm {
namespace {

TEST(MakeDropout, RoundsTheKeepProbabilityAndComputesAAndBFromIt) {
  const Dropout plain = make_dropout(DropoutKind::plain, 0.3);
  EXPECT_EQ(plain.threshold, 45875u);  // 0.7 · 65536 = 45875.2
  EXPECT_EQ(plain.a, 65536.0 / 45875);
  EXPECT_EQ(plain.b, 0);
  const Dropout alpha = make_dropout(DropoutKind::alpha, 0.1, 0.2, 1.5, -1.3);
  const AlphaAffine affine = alpha_dropout_affine(1 - alpha.threshold / 65536.0, 0.2, 1.5, -1.3);
  EXPECT_EQ(alpha.a, affine.a);
  EXPECT_EQ(alpha.b, affine.b);
  EXPECT_EQ(alpha.alpha_prime, -1.3);
}

TEST(MakeDropout, LimitsTheThreshold) {
  EXPECT_EQ(make_dropout(DropoutKind::alpha, 1 - 1e-9).threshold, 1u);
  for (const DropoutKind kind : {DropoutKind::none, DropoutKind::plain, DropoutKind::alpha}) {
    EXPECT_FALSE(changes_values(make_dropout(kind, 0)));
  }
  EXPECT_FALSE(changes_values(make_dropout(DropoutKind::none, 0.5)));
  EXPECT_TRUE(changes_values(make_dropout(DropoutKind::alpha, 0.5)));
}

TEST(InferenceDropout, IsTheMeanOverTheMask) {
  Dropout dropout = make_dropout(DropoutKind::alpha, 0.3, 0.2, 1.5, -1.3);
  EXPECT_FALSE(changes_values(inference_dropout(dropout)));
  EXPECT_FALSE(changes_values(inference_dropout(make_dropout(DropoutKind::plain, 0.3))));
  dropout.inference = DropoutInference::expectation;
  const Dropout map = inference_dropout(dropout);
  EXPECT_FALSE(draws_masks(map));
  const double q = keep_probability(dropout);
  for (const double x : {-2.0, 0.0, 3.0}) {
    const double kept = dropout.a * x + dropout.b, dropped = dropout.a * -1.3 + dropout.b;
    EXPECT_NEAR(map.a * x + map.b, q * kept + (1 - q) * dropped, 1e-15 * (1 + std::abs(x)));
  }
  Dropout drops_nothing = make_dropout(DropoutKind::alpha, 0);
  drops_nothing.inference = DropoutInference::expectation;
  EXPECT_FALSE(changes_values(inference_dropout(drops_nothing)));
}

struct Moments {
  double mean, variance, mean_error, variance_error;
};

// Sample moments with their standard errors. That of the variance comes from the fourth moment.
Moments sample(const std::vector<float>& values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, second = 0, fourth = 0;
  for (const float v : values) mean += v / count;
  for (const float v : values) second += (v - mean) * (v - mean) / count;
  for (const float v : values) fourth += std::pow(v - mean, 4) / count;
  return {mean, second, std::sqrt(second / count), std::sqrt((fourth - second * second) / count)};
}

// Five standard errors: a false alarm has probability one in two million. The key fixes the draws.
TEST(AlphaDropout, KeepsMeanAndVarianceOfItsInput) {
  const std::int64_t rows = 100, columns = 2000;
  struct Target {
    double mean, variance;
  };
  for (const Target target : {Target{0, 1}, Target{0.4, 0.6}}) {
    for (const double rate : {0.05, 0.3, 0.7}) {
      const RandomKey key = random_key(1, "test", "moments");
      std::vector<float> x(static_cast<std::size_t>(rows * columns));
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<float>(target.mean + std::sqrt(target.variance) * normal(key, i));
      }
      const Dropout dropout = make_dropout(DropoutKind::alpha, rate, target.mean, target.variance);
      pointwise_forward(x.data(), nullptr, x.data(), rows, columns, {ActivationKind::identity},
                        dropout, {{77}, 0, 0});
      const Moments got = sample(x);
      EXPECT_NEAR(got.mean, target.mean, 5 * got.mean_error) << "rate " << rate;
      EXPECT_NEAR(got.variance, target.variance, 5 * got.variance_error) << "rate " << rate;
    }
  }
}

TEST(PlainDropout, KeepsTheMean) {
  std::vector<float> x(200000, 2.0f);
  pointwise_forward(x.data(), nullptr, x.data(), 100, 2000, {ActivationKind::identity},
                    make_dropout(DropoutKind::plain, 0.4), {{78}, 0, 0});
  const Moments got = sample(x);
  EXPECT_NEAR(got.mean, 2, 5 * got.mean_error);
}

}  // namespace
}  // namespace selfnorm
