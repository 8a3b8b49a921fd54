// SPDX-License-Identifier: Apache-2.0
#include "kernels/initialize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace selfnorm {
namespace {

// Products of rows (wide) or columns (tall) of a matrix that was rounded to floats. Each of the
// `length` terms has a rounding error, and the squares of the rounded numbers sum to 1.
TEST(Orthogonal, TheShorterSideIsOrthonormal) {
  constexpr double kError = 4 * 6e-8;
  for (const auto& [rows, columns] : {std::pair{5, 300}, {128, 128}, {300, 5}, {1, 7}, {7, 1}}) {
    const int outputs = rows, inputs = columns;
    const bool wide = inputs >= outputs;
    std::vector<float> w(static_cast<std::size_t>(outputs * inputs));
    const InitializerShape shape{outputs * inputs, outputs, static_cast<double>(inputs),
                                 static_cast<double>(outputs)};
    initialize("orthogonal", 2, shape, random_key(1, "init", "w"), w.data());
    const int vectors = wide ? outputs : inputs, length = wide ? inputs : outputs;
    const auto at = [&](int v, int i) {
      return static_cast<double>(
          w[static_cast<std::size_t>(wide ? v * inputs + i : i * inputs + v)]);
    };
    for (int a = 0; a < vectors; ++a) {
      for (int b = 0; b <= a; ++b) {
        double product = 0;
        for (int i = 0; i < length; ++i) product += at(a, i) * at(b, i);
        EXPECT_NEAR(product, a == b ? 4 : 0, 4 * kError) << outputs << " x " << inputs;
      }
    }
  }
}

// The same key draws the same numbers, so only the standard deviation differs.
TEST(Initialize, AcceptsFractionalFans) {
  std::vector<float> unit(64), scaled(64);
  const RandomKey key = random_key(1, "init", "w");
  initialize("lecun_normal", 1, {64, 8, 1.0, 1.0}, key, unit.data());
  initialize("lecun_normal", 1.5, {64, 8, 2.25, 1.0}, key, scaled.data());
  for (std::size_t i = 0; i < unit.size(); ++i) EXPECT_FLOAT_EQ(scaled[i], unit[i]) << i;
}

// Mean and variance of 40,000 values are within five standard errors. The fourth moment of an
// initializer is at most that of a normal distribution. The variance of orthonormal vectors is
// exact, except for their mean.
TEST(InitializerMoments, MatchTheDrawnWeights) {
  for (const std::string& name : initializer_names()) {
    if (name == "auto") continue;
    SCOPED_TRACE(name);
    for (const auto& [outputs, fan_in] : {std::pair{100, 400}, {400, 100}}) {
      const InitializerShape shape{40000, outputs, static_cast<double>(fan_in),
                                   static_cast<double>(outputs)};
      std::vector<float> values(40000);
      constexpr double kGain = 1.7;
      initialize(name, kGain, shape, random_key(3, "init", "w"), values.data());
      double sum = 0, squares = 0;
      for (const float value : values) sum += value, squares += double{value} * value;
      const double count = static_cast<double>(values.size());
      const double mean = sum / count, variance = squares / count - mean * mean;
      const InitializerMoments want = initializer_moments(name, kGain, shape);
      const double rounding = 1e-6 * (want.variance + want.mean * want.mean);
      EXPECT_NEAR(mean, want.mean, 5 * std::sqrt(want.variance / count) + rounding);
      EXPECT_NEAR(variance, want.variance, 5 * want.variance * std::sqrt(2 / count) + rounding);
    }
  }
}

// The variance over 9,600 outputs of their sum of 9 squared weights. Its standard error follows
// from the fourth moment of that sum, which is that of 9 normals (3 + 12/9) or less.
TEST(InitializerMoments, MatchTheSumsOfSquaredWeights) {
  constexpr int kOutputs = 24, kInputs = 9, kDraws = 400;
  constexpr double kCount = kOutputs * kDraws;
  const InitializerShape shape{kOutputs * kInputs, kOutputs, kInputs, kOutputs};
  for (const std::string& name : initializer_names()) {
    if (name == "auto") continue;
    SCOPED_TRACE(name);
    const InitializerMoments moments = initializer_moments(name, 1.7, shape);
    if (moments.variance == 0) continue;
    double sum = 0, squares = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      std::vector<float> values(kOutputs * kInputs);
      initialize(name, 1.7, shape, random_key(static_cast<std::uint64_t>(draw), "init", "w"),
                 values.data());
      for (std::size_t i = 0; i < values.size(); i += kInputs) {
        double square = 0;
        for (std::size_t j = i; j < i + kInputs; ++j) square += double{values[j]} * values[j];
        sum += square / moments.variance;
        squares += square * square / (moments.variance * moments.variance);
      }
    }
    const double mean = sum / kCount, variance = squares / kCount - mean * mean;
    const double want = moments.square_variance;
    EXPECT_NEAR(variance / kInputs, want, 5 * want * std::sqrt((2 + 12.0 / 9) / kCount));
  }
}

}  // namespace
}  // namespace selfnorm
