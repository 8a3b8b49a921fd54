// SPDX-License-Identifier: Apache-2.0
// Compares the predicted noise of finite width with a simulation: one sample passes through many
// networks with new weights.

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "selfnorm/theory.h"

namespace selfnorm {
namespace {

using Vector = std::vector<double>;

constexpr std::int64_t kWidth = 40, kDepth = 120, kSettled = 60;
constexpr int kDraws = 160;

double dot(const double* x, const double* y) {
  double sum = 0;
  for (std::int64_t i = 0; i < kWidth; ++i) sum += x[i] * y[i];
  return sum;
}

// Draws rows of variance 1/n. Makes them orthonormal (Gram-Schmidt) if requested.
Vector draw_weights(std::mt19937_64& random, bool orthogonal) {
  std::normal_distribution<double> normal(0, 1 / std::sqrt(static_cast<double>(kWidth)));
  Vector w(kWidth * kWidth);
  for (double& weight : w) weight = normal(random);
  for (std::int64_t i = 0; orthogonal && i < kWidth; ++i) {
    double* row = &w[i * kWidth];
    for (std::int64_t j = 0; j < i; ++j) {
      const double* other = &w[j * kWidth];
      const double along = dot(row, other);
      for (std::int64_t k = 0; k < kWidth; ++k) row[k] -= along * other[k];
    }
    const double length = std::sqrt(dot(row, row));
    for (std::int64_t k = 0; k < kWidth; ++k) row[k] /= length;
  }
  return w;
}

struct Sums {
  double count = 0, sum = 0, squares = 0;
  void add(double x) { count += 1, sum += x, squares += x * x; }
  double mean() const { return sum / count; }
  double deviation() const { return std::sqrt(squares / count - mean() * mean()); }
};

struct Simulated {
  Sums deviations, log_growth;
};

struct Layers {
  SeluConstants constants;
  double rate = 0;  ///< of the alpha dropout after each SELU
  bool orthogonal = false;
};

void draw(std::mt19937_64& random, const Layers& layers, Simulated& into) {
  const SeluConstants& f = layers.constants;
  const double root = std::sqrt(f.scale);
  const auto [a, b] = alpha_dropout_affine(layers.rate, 0, 1);
  std::bernoulli_distribution dropped(layers.rate);
  std::normal_distribution<double> normal;
  Vector x(kWidth), g(kWidth), next(kWidth);
  for (double& value : x) value = normal(random);
  for (double& value : g) value = normal(random);
  std::vector<Vector> weights, slopes;
  for (std::int64_t layer = 0; layer < kDepth; ++layer) {
    weights.push_back(draw_weights(random, layers.orthogonal));
    slopes.emplace_back(kWidth);
    for (std::int64_t i = 0; i < kWidth; ++i) {
      const double z = root * dot(&weights.back()[i * kWidth], x.data());
      const bool is_dropped = dropped(random);
      const double y = f.lambda * (z > 0 ? z : f.alpha * std::expm1(z));
      const double slope = f.lambda * root * (z > 0 ? 1 : f.alpha * std::exp(z));
      next[i] = a * (is_dropped ? kAlphaPrime : y) + b;
      slopes.back()[i] = is_dropped ? 0 : a * slope;
    }
    x.swap(next);
    if (layer >= kSettled) {
      into.deviations.add(std::sqrt(dot(x.data(), x.data()) / kWidth));
    }
  }
  const double before = dot(g.data(), g.data());
  for (std::int64_t layer = kDepth; layer-- > 0;) {
    next.assign(kWidth, 0);
    for (std::int64_t i = 0; i < kWidth; ++i) {
      const double h = slopes[layer][i] * g[i];
      for (std::int64_t k = 0; k < kWidth; ++k) next[k] += weights[layer][i * kWidth + k] * h;
    }
    g.swap(next);
  }
  into.log_growth.add(std::log(dot(g.data(), g.data()) / before));
}

TEST(FiniteWidthCorrection, MatchesASimulation) {
  // A standard deviation of D draws has a relative error of 1/sqrt(2 D). The bound is four times
  // that, plus a few units of 1/width for the next order of the expansion. The standard deviations
  // of layers are D·60 correlated numbers.
  const double bound = 4 / std::sqrt(2.0 * kDraws) + 4.0 / kWidth;
  std::mt19937_64 random(1);
  for (const auto& [scale, rate] : {std::pair{1.0, 0.0}, {0.1, 0.0}, {1.0, 0.1}}) {
    for (const bool orthogonal : {false, true}) {
      SCOPED_TRACE(testing::Message()
                   << "scale " << scale << ", dropout " << rate << ", orthogonal " << orthogonal);
      DepthTunedSeluOptions request;
      request.depth = kDepth;
      request.width = kWidth;
      request.is_orthogonal = orthogonal;
      request.dropout_growth = alpha_dropout_gradient_growth(rate);
      const DepthTunedSelu shape = selu_for_scale(scale, request);
      Simulated got;
      for (int i = 0; i < kDraws; ++i) draw(random, {shape.constants, rate, orthogonal}, got);
      const double spread = got.deviations.deviation() / got.deviations.mean();
      EXPECT_NEAR(spread / shape.spread, 1, bound);
      EXPECT_NEAR(got.log_growth.deviation() / shape.log_growth_spread, 1, bound);
      // The mean over draws must be within four standard errors. The prediction for infinite width
      // is up to 15 standard errors off.
      const double error = shape.log_growth_spread / std::sqrt(double{kDraws});
      EXPECT_NEAR(got.log_growth.mean(), kDepth * std::log(shape.typical_growth), 4 * error);
    }
  }
}

TEST(FiniteWidthCorrection, IsZeroAtInfiniteWidth) {
  const DepthTunedSelu shape = selu_for_scale(1, {});
  EXPECT_EQ(shape.spread, 0);
  EXPECT_EQ(shape.log_growth_spread, 0);
}

}  // namespace
}  // namespace selfnorm
