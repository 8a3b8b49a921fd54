// SPDX-License-Identifier: Apache-2.0
// Compares the moment-propagation rules of `periodic` with samples of frequencies, phases, inputs
// and gradients.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numbers>

#include "base/random.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

constexpr std::uint64_t kDraws = 200'000;
constexpr double kTurn = 2 * std::numbers::pi;

// The moments of inputs x and gradients dy of two samples.
struct Case {
  double sigma, mean, variance, correlation, gradient_correlation;
};

// Two normals with mean 0, variance 1 and this correlation.
struct Pair {
  double first, second;
};
Pair draw_pair(const RandomKey& key, std::uint64_t i, double correlation) {
  const double a = normal(key, 2 * i), b = normal(key, 2 * i + 1);
  return {a, correlation * a + std::sqrt(1 - correlation * correlation) * b};
}

// The mean over draws, with its standard error.
struct Mean {
  double sum = 0, square = 0;
  void add(double value) { sum += value, square += value * value; }
  double value() const { return sum / kDraws; }
  double error() const { return std::sqrt((square / kDraws - value() * value()) / kDraws); }
  void expect(double predicted) const {
    constexpr double kErrors = 5;  // a deviation by chance has a probability below 1e-6
    EXPECT_NEAR(value(), predicted, kErrors * error());
  }
};

MomentField field_of(double mean, double variance, double correlation) {
  MomentField field = uniform_field({.samples = 2}, mean, mean * mean + variance);
  for (double& product : field.product(Link::sample))
    product = mean * mean + correlation * variance;
  return field;
}

// Moments of an output y and of the gradient dx through one frequency.
struct Sampled {
  Mean mean, square, product, dx_square, dx_product;
};

Sampled sample(const Case& c) {
  const RandomKey weights = random_key(1, "test", "weights"), phases = random_key(1, "test", "b"),
                  inputs = random_key(1, "test", "x"), gradients = random_key(1, "test", "dy");
  Sampled all;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double w = c.sigma * normal(weights, i), b = uniform(phases, i);
    const Pair x = draw_pair(inputs, i, c.correlation);
    const Pair dy = draw_pair(gradients, i, c.gradient_correlation);
    const double deviation = std::sqrt(c.variance);
    const auto angle = [&](double z) { return kTurn * (w * (c.mean + deviation * z) + b); };
    const auto y = [&](double z) { return std::sqrt(2) * std::cos(angle(z)); };
    const auto dx = [&](double z, double to) {
      return -kTurn * std::sqrt(2) * w * std::sin(angle(z)) * to;
    };
    all.mean.add(y(x.first));
    all.square.add(y(x.first) * y(x.first));
    all.product.add(y(x.first) * y(x.second));
    all.dx_square.add(dx(x.first, dy.first) * dx(x.first, dy.first));
    all.dx_product.add(dx(x.first, dy.first) * dx(x.second, dy.second));
  }
  return all;
}

TEST(Periodic, SignalsMatchSamples) {
  constexpr double kFrequencies = 3;
  const Node node{"node", "periodic", {{"frequencies", std::int64_t{3}}}, {}, {}, {}};
  const SignalRule& rule = *rule_of(find_op("periodic")->signal);
  for (const Case& c : {Case{0.1, 0, 1, 0, 1}, {0.3, 0.5, 1, 0.5, 0.8}, {1, 0, 0.3, 0.9, -0.5}}) {
    SCOPED_TRACE(testing::Message() << "sigma " << c.sigma);
    const Sampled sampled = sample(c);
    const Signal x(field_of(c.mean, c.variance, c.correlation));
    const WeightMoments frequencies{.mean = 0, .variance = c.sigma * c.sigma};
    const SignalContext context{node, {&x}, {{2, 4}}, {2, 12}, frequencies};
    const Signal y = rule.forward(context);
    sampled.mean.expect(y.field().mean[0]);
    sampled.square.expect(y.field().square[0]);
    sampled.product.expect(y.field().product(Link::sample)[0]);
    const SignalGradient dy(field_of(0, 1, c.gradient_correlation));
    const MomentField dx = rule.backward(context, dy)[0].field();
    sampled.dx_square.expect(dx.square[0] / kFrequencies);
    sampled.dx_product.expect(dx.product(Link::sample)[0] / kFrequencies);
  }
}

}  // namespace
}  // namespace selfnorm
