// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "golden_tables.h"
#include "selfnorm/theory.h"
#include "theory/quadrature.h"

namespace selfnorm {
namespace {

// The required accuracy. docs/theory.md lists the measured errors.
constexpr double kMoments = 1e-12, kMeanNearZero = 1e-13;
constexpr double kJacobian = 1e-10, kJacobianNearZero = 1e-13;
// The error bound of the quadrature, relative to the largest part.
constexpr double kQuadrature = 1e-10;

double selu(double x, const SeluConstants& c = {}) {
  const double scaled = std::sqrt(c.scale) * x;
  return c.lambda * (scaled > 0 ? scaled : c.alpha * std::expm1(scaled));
}

double selu_slope(double x, const SeluConstants& c = {}) {
  const double root = std::sqrt(c.scale);
  return root * c.lambda * (x > 0 ? 1 : c.alpha * std::exp(root * x));
}

MomentRule selu_rule(const SeluConstants& constants = {}) {
  return [=](const Gaussian& z) { return selu_moments(z, constants); };
}

TEST(SeluMoments, MatchTheReferenceTable) {
  const auto rows = golden_rows("moment_map.csv");
  ASSERT_EQ(rows.size(), 300u);
  for (const auto& row : rows) {
    const LayerMap map = layer_map(selu_rule(), {row[0], row[2]}, {row[1], row[3]});
    SCOPED_TRACE(testing::Message() << "mu " << row[0] << " omega " << row[1] << " nu " << row[2]
                                    << " tau " << row[3]);
    expect_close(map.outputs.mean, row[4], kMoments, kMeanNearZero);
    expect_close(map.outputs.variance, row[5], kMoments);
  }
}

TEST(LayerMap, JacobianMatchesTheReferenceTable) {
  const auto rows = golden_rows("jacobian.csv");
  ASSERT_EQ(rows.size(), 41u);
  for (const auto& row : rows) {
    const LayerMap map = layer_map(selu_rule(), {row[0], row[2]}, {row[1], row[3]});
    SCOPED_TRACE(testing::Message() << "mu " << row[0] << " omega " << row[1]);
    expect_close(map.d_mean_d_mu, row[4], kJacobian, kJacobianNearZero);
    expect_close(map.d_mean_d_nu, row[5], kJacobian, kJacobianNearZero);
    expect_close(map.d_variance_d_mu, row[6], kJacobian, kJacobianNearZero);
    expect_close(map.d_variance_d_nu, row[7], kJacobian, kJacobianNearZero);
    expect_close(map.largest_singular_value(), row[8], kJacobian);
  }
}

// Moments that are not in the table: two different computations must agree.
TEST(SeluMoments, AgreeWithQuadratureForAnyConstants) {
  for (const double mean : {-3.0, -0.5, 0.0, 0.2, 2.0}) {
    for (const double variance : {1e-4, 0.3, 1.0, 7.0}) {
      for (const SeluConstants c : {SeluConstants{}, {1.2, 3.2, 0.1}, {0.0, 1.4}, {4, 0.5, 2}}) {
        SCOPED_TRACE(testing::Message() << mean << ", " << variance << "; alpha " << c.alpha);
        const Gaussian z{mean, variance};
        const ActivationMoments closed = selu_moments(z, c);
        const ActivationMoments numeric =
            quadrature_moments([&](double x) { return selu(x, c); },
                               [&](double x) { return selu_slope(x, c); }, z, {0});
        const double size = 1 + std::abs(mean) + variance;
        expect_close(closed.mean, numeric.mean, 0, kQuadrature * size);
        expect_close(closed.variance, numeric.variance, kQuadrature);
        expect_close(closed.slope_mean, numeric.slope_mean, kQuadrature);
        expect_close(closed.slope_second_moment, numeric.slope_second_moment, kQuadrature);
        // Stein's lemma divides by the standard deviation.
        const double steep = size / std::sqrt(variance);
        expect_close(closed.d_mean_d_variance, numeric.d_mean_d_variance, 0, kQuadrature * steep);
        expect_close(closed.d_variance_d_mean, numeric.d_variance_d_mean, 0, kQuadrature * steep);
        expect_close(closed.d_variance_d_variance, numeric.d_variance_d_variance, 0,
                     kQuadrature * steep);
      }
    }
  }
}

// Far from the kink, the exact distribution is known: that of a straight line, or lognormal.
TEST(SeluMoments, AreExactFarFromTheKink) {
  for (const double variance : {1e-10, 1e-3, 1.0}) {
    const ActivationMoments line = selu_moments({60, variance});
    expect_close(line.mean, kSeluLambda * 60, kMoments);
    expect_close(line.variance, kSeluLambda * kSeluLambda * variance, kMoments);
    const ActivationMoments tail = selu_moments({-60, variance});
    const double depth = kSeluLambda * kSeluAlpha;
    expect_close(tail.mean, depth * std::expm1(-60 + variance / 2), kMoments);
    expect_close(tail.variance, depth * depth * std::exp(-120 + variance) * std::expm1(variance),
                 kMoments);
  }
}

TEST(LeakyReluMoments, MatchReluAndTheIdentity) {
  const ActivationMoments relu = leaky_relu_moments({0, 3}, 0);
  expect_close(relu.mean, std::sqrt(3 / (2 * M_PI)), kMoments);
  expect_close(relu.variance, 3 * (0.5 - 0.5 / M_PI), kMoments);
  expect_close(relu.slope_second_moment, 0.5, kMoments);
  const ActivationMoments same = leaky_relu_moments({0.7, 3}, 1);
  expect_close(same.mean, 0.7, kMoments);
  expect_close(same.variance, 3, kMoments);
  expect_close(same.d_variance_d_variance, 1, kMoments);
}

TEST(LayerMap, MatchesTheValuesOfThePaper) {
  const LayerMap map = layer_map(selu_rule(), {0, 1});
  EXPECT_NEAR(map.d_mean_d_nu, 0.0888348, 1e-7);  // all digits in the appendix of the paper
  EXPECT_NEAR(map.spectral_radius(), 0.7826479, 1e-7);
  EXPECT_NEAR(map.largest_singular_value(), 0.7876734, 1e-7);
  EXPECT_NEAR(map.gradient_growth, 1.0715750, 1e-7);
  EXPECT_NEAR(layer_map(selu_rule(), {0, 1}, {1, 1}).d_mean_d_mu, 0.98523, 1e-5);
}

TEST(LayerMap, RandomWeightsAddTheMeanToTheVariance) {
  const Gaussian given = pre_activation({0.5, 2}, {0.2, 1.5, false});
  const Gaussian drawn = pre_activation({0.5, 2}, {0.2, 1.5, true});
  EXPECT_EQ(given.variance, 3);
  EXPECT_EQ(drawn.variance, 1.5 * 2.25);
  EXPECT_EQ(given.mean, drawn.mean);
}

// The Jacobian is the derivative of both forms of the map.
TEST(LayerMap, JacobianMatchesCentralDifferences) {
  constexpr double kStep = 1e-5, kError = 1e-8;  // central differences: step², and rounding/step
  for (const bool random : {false, true}) {
    const LayerWeights weights{0.3, 1.2, random};
    const Moments at{0.4, 0.9};
    const auto outputs = [&](double mu, double nu) {
      return layer_map(selu_rule(), {at.mean + mu, at.variance + nu}, weights).outputs;
    };
    const LayerMap map = layer_map(selu_rule(), at, weights);
    const Moments right = outputs(kStep, 0), left = outputs(-kStep, 0);
    const Moments up = outputs(0, kStep), down = outputs(0, -kStep);
    EXPECT_NEAR(map.d_mean_d_mu, (right.mean - left.mean) / (2 * kStep), kError);
    EXPECT_NEAR(map.d_variance_d_mu, (right.variance - left.variance) / (2 * kStep), kError);
    EXPECT_NEAR(map.d_mean_d_nu, (up.mean - down.mean) / (2 * kStep), kError);
    EXPECT_NEAR(map.d_variance_d_nu, (up.variance - down.variance) / (2 * kStep), kError);
  }
}

TEST(CorrelationMap, IsTheArcCosineKernelForRelu) {
  const auto relu = [](double x) { return std::max(0.0, x); };
  const MomentRule rule = [](const Gaussian& z) { return leaky_relu_moments(z, 0); };
  for (const double rho : {-1.0, -0.5, 0.0, 0.3, 0.9, 0.999, 1.0}) {
    // Cho and Saul 2009, order 1.
    const double second = (std::sqrt(1 - rho * rho) + rho * (M_PI - std::acos(rho))) / (2 * M_PI);
    const double want = (second - 0.5 / M_PI) / (0.5 - 0.5 / M_PI);
    EXPECT_NEAR(correlation_map(relu, rule, {0, 1}, rho, {0}), want, kQuadrature);
  }
}

TEST(CorrelationMap, HasTheRightEndsForSelu) {
  const auto map = [](double rho) {
    return correlation_map([](double x) { return selu(x); }, selu_rule(), {0, 1}, rho, {0});
  };
  EXPECT_NEAR(map(0), 0, kQuadrature);
  EXPECT_NEAR(map(1), 1, kQuadrature);
  // The slopes are (E f′)² at 0 and E f′² at 1. One-sided differences of size h have errors of
  // about h.
  constexpr double kStep = 1e-4;
  const ActivationMoments f = selu_moments({0, 1});
  EXPECT_NEAR(map(kStep) / kStep, f.slope_mean * f.slope_mean, kStep);
  EXPECT_NEAR((1 - map(1 - kStep)) / kStep, f.slope_second_moment, 100 * kStep);
}

}  // namespace
}  // namespace selfnorm
