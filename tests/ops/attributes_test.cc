// SPDX-License-Identifier: Apache-2.0
// Compares ops that have non-default attributes with formulas in this file. The references of the
// op sweep read attributes with the same code as the ops, so the sweep cannot find errors there.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "ops/single_op.h"

namespace selfnorm {
namespace {

// The kernels promise 4 float epsilons. Attributes are also rounded to float.
constexpr double kRelativeError = 8.0 * std::numeric_limits<float>::epsilon();

std::vector<double> run(const std::string& name, const Settings& attributes, const Shape& shape,
                        const std::vector<double>& x, Mode mode = Mode::training) {
  SingleOp op(*find_op(name), {{shape}, attributes});
  op.inputs[0] = x;
  Program program(op.graph, mode, kMaskSeed, {});
  op.feed(program);
  program.run(kMaskStep);
  return from_memory(shape, program.data(op.graph.outputs[0]));
}

void expect_function(const std::string& name, const Settings& attributes,
                     const std::function<double(double)>& want) {
  std::vector<double> x;
  for (const double size : {1e-6, 0.1, 0.5, 1.0, 3.0, 20.0}) {
    for (const double sign : {-1.0, 1.0}) x.push_back(static_cast<float>(sign * size));
  }
  x.push_back(0);
  const auto count = static_cast<std::int64_t>(x.size());
  const std::vector<double> got = run(name, attributes, {1, count}, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(got[i], want(x[i]), kRelativeError * std::abs(want(x[i])))
        << name << " at " << x[i];
  }
}

TEST(Attributes, Selu) {
  expect_function("selu", {{"alpha", 2.0}, {"lambda", 0.5}},
                  [](double x) { return x > 0 ? 0.5 * x : 0.5 * 2 * std::expm1(x); });
}

TEST(Attributes, Elu) {
  expect_function("elu", {{"alpha", 0.5}},
                  [](double x) { return x > 0 ? x : 0.5 * std::expm1(x); });
}

TEST(Attributes, LeakyRelu) {
  expect_function("leaky_relu", {{"alpha", 0.3}}, [](double x) { return x > 0 ? x : 0.3 * x; });
}

struct Sample {
  explicit Sample(const std::vector<double>& values) : n(static_cast<double>(values.size())) {
    for (const double value : values) mean += value / n;
    for (const double value : values) {
      const double square = (value - mean) * (value - mean);
      variance += square / n;
      fourth += square * square / n;
    }
  }
  double mean_error() const { return std::sqrt(variance / n); }
  double variance_error() const { return std::sqrt((fourth - variance * variance) / n); }
  double n, mean = 0, variance = 0, fourth = 0;
};

class AlphaDropout : public testing::Test {
 protected:
  static constexpr double kMean = 0.3, kVariance = 2, kAlphaPrimeGiven = -1, kRate = 0.4;
  // In standard errors. The seed is fixed, so the test is not flaky.
  static constexpr double kDeviations = 5;
  const Shape shape_ = {400, 500};
  const Settings attributes_ = {
      {"rate", kRate}, {"mean", kMean}, {"variance", kVariance}, {"alpha_prime", kAlphaPrimeGiven}};

  std::vector<double> normals() const {
    std::vector<double> x(static_cast<std::size_t>(elements(shape_)));
    const RandomKey key = random_key(3, "x", "");
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(kMean + std::sqrt(kVariance) * normal(key, i));
    }
    return x;
  }
};

TEST_F(AlphaDropout, KeepsTheGivenMeanAndVariance) {
  const Sample y(run("alpha_dropout", attributes_, shape_, normals()));
  EXPECT_NEAR(y.mean, kMean, kDeviations * y.mean_error());
  EXPECT_NEAR(y.variance, kVariance, kDeviations * y.variance_error());
}

// With keep probability q, E = q·mean + (1 − q)·α′ and Var = q·variance + q(1 − q)(mean − α′)²
// before the affine step a·x + b.
TEST_F(AlphaDropout, KeepsElementsOrSetsThemToAlphaPrime) {
  const double q = std::round((1 - kRate) * 65536) / 65536;  // drawn with 16 bits
  const double difference = kMean - kAlphaPrimeGiven;
  const double a = std::sqrt(kVariance / (q * kVariance + q * (1 - q) * difference * difference));
  const double b = kMean - a * (q * kMean + (1 - q) * kAlphaPrimeGiven);
  const std::vector<double> x = normals();
  const std::vector<double> y = run("alpha_dropout", attributes_, shape_, x);
  double dropped = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double if_dropped = a * kAlphaPrimeGiven + b, if_kept = a * x[i] + b;
    const bool was_dropped = std::abs(y[i] - if_dropped) < std::abs(y[i] - if_kept);
    const double want = was_dropped ? if_dropped : if_kept;
    ASSERT_NEAR(y[i], want, kRelativeError * (1 + std::abs(x[i]))) << i << ", x = " << x[i];
    dropped += was_dropped ? 1 : 0;
  }
  const auto n = static_cast<double>(x.size());
  EXPECT_NEAR(dropped / n, 1 - q, kDeviations * std::sqrt(q * (1 - q) / n));
}

TEST_F(AlphaDropout, CanBeTheIdentityAtInference) {
  const std::vector<double> x = normals();
  Settings attributes = attributes_;
  attributes["inference"] = std::string("identity");
  for (const char* op : {"alpha_dropout", "feature_alpha_dropout"}) {
    EXPECT_EQ(run(op, attributes, shape_, x, Mode::inference), x) << op;
  }
}

// The mean over masks of the output for one value is the output at inference. Every element has
// the same value, so the sample mean estimates it.
TEST_F(AlphaDropout, ComputesTheMeanOverMasksAtInference) {
  for (const char* op : {"alpha_dropout", "feature_alpha_dropout"}) {
    for (const double value : {-1.7, 0.0, 2.5}) {
      const std::vector<double> x(static_cast<std::size_t>(elements(shape_)), value);
      const Sample masked(run(op, attributes_, shape_, x));
      const std::vector<double> y = run(op, attributes_, shape_, x, Mode::inference);
      EXPECT_NEAR(y[0], masked.mean, kDeviations * masked.mean_error()) << op << " of " << value;
      EXPECT_EQ(y.back(), y[0]);
    }
  }
}

}  // namespace
}  // namespace selfnorm
