// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/functional.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/dropout.h"
#include "kernels/ref/pointwise.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr double kEpsilon = 0x1p-23;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<float> ramp() {
  std::vector<float> x;
  for (int i = -150; i < 150; ++i) x.push_back(static_cast<float>(i) * 0.05f);
  return x;
}

void expect_activation(const Activation& f, const std::vector<float>& x,
                       const std::vector<float>& y, const std::vector<float>& dx) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = ref::activation(f, static_cast<double>(x[i]));
    EXPECT_NEAR(y[i], want, 2 * kEpsilon * std::abs(want)) << x[i];
    EXPECT_NEAR(dx[i], 3 * ref::activation_derivative(f, static_cast<double>(x[i])), 3e-6) << x[i];
  }
}

// The exact slopes λα·eˣ and α·eˣ, where the output has none of their digits.
TEST(Functional, SlopeFromInputIsRelativelyExactInTheTail) {
  const std::vector<float> x = {-80, -30, -20, -17, -16, -15, -12, -1, 0, 2};
  std::vector<float> dx(x.size(), 2.0f);
  selu_backward_from_input(dx, x, dx);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = 2 * kSeluLambda * (x[i] > 0 ? 1 : kSeluAlpha * std::exp(double{x[i]}));
    EXPECT_NEAR(dx[i], want, 3 * kEpsilon * want) << x[i];
  }
  dx.assign(x.size(), 2.0f);
  elu_backward_from_input(dx, x, dx, 0.5);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = x[i] > 0 ? 2 : std::exp(double{x[i]});
    EXPECT_NEAR(dx[i], want, 3 * kEpsilon * want) << x[i];
  }
}

TEST(Functional, SeluAndElu) {
  const auto x = ramp();
  std::vector<float> y(x.size()), dx(x.size(), 3.0f);
  selu(x, y);
  selu_backward(dx, y, dx);
  expect_activation({ActivationKind::selu}, x, y, dx);
  for (const double alpha : {1.0, 0.5}) {
    y = x;
    elu(y, y, alpha);
    dx.assign(x.size(), 3.0f);
    elu_backward(dx, y, dx, alpha);
    expect_activation({ActivationKind::elu, alpha}, x, y, dx);
  }
  elu(x, y);
  EXPECT_NEAR(y[0], -1, 1e-3);  // α is 1 by default
}

void expect_dropout(const Dropout& dropout, const MaskStream& mask, const std::vector<float>& x,
                    const std::vector<float>& y, const std::vector<float>& dx) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool keep = ref::is_kept(dropout, mask, 0, i);
    const double want = ref::apply_dropout(dropout, keep, static_cast<double>(x[i]));
    const double size = std::abs(dropout.a * x[i]) + std::abs(dropout.b);
    EXPECT_NEAR(y[i], want, 2 * kEpsilon * size) << i;
    EXPECT_NEAR(dx[i], keep ? dropout.a : 0, kEpsilon * dropout.a) << i;
  }
}

TEST(Functional, DropoutUsesTheNamedStream) {
  const auto x = ramp();
  std::vector<float> y(x.size()), dx(x.size(), 1.0f);
  dropout(x, y, 0.3, 7, 5, "fc1");
  dropout_backward(dx, dx, 0.3, 7, 5, "fc1");
  expect_dropout(make_dropout(DropoutKind::plain, 0.3), {random_key(7, "mask", "fc1"), 5, 0}, x, y,
                 dx);
}

TEST(Functional, AlphaDropoutUsesTheNamedStream) {
  const auto x = ramp();
  std::vector<float> y(x.size()), dx(x.size(), 1.0f);
  alpha_dropout(x, y, 0.2, 7);
  alpha_dropout_backward(dx, dx, 0.2, 7);
  expect_dropout(make_dropout(DropoutKind::alpha, 0.2), {random_key(7, "mask", ""), 0, 0}, x, y,
                 dx);
  alpha_dropout(x, y, 0.2, 7, 1, "b", 0.5, 2);
  dx.assign(x.size(), 1.0f);
  alpha_dropout_backward(dx, dx, 0.2, 7, 1, "b", 0.5, 2);
  expect_dropout(make_dropout(DropoutKind::alpha, 0.2, 0.5, 2), {random_key(7, "mask", "b"), 1, 0},
                 x, y, dx);
}

TEST(Functional, AlphaDropoutExpectationIsTheMeanOverMasks) {
  const std::vector<float> x(20000, 0.7f);
  std::vector<float> y(x.size()), masked(x.size());
  alpha_dropout_expectation(x, y, 0.2, 0.5, 2);
  alpha_dropout(x, masked, 0.2, 7, 1, "b", 0.5, 2);
  double mean = 0, square = 0;
  const auto count = static_cast<double>(x.size());
  for (const float value : masked) mean += value / count, square += value * value / count;
  const double error = std::sqrt((square - mean * mean) / count);
  for (const float value : y) EXPECT_NEAR(value, mean, 5 * error);  // five standard errors
}

TEST(Functional, AcceptsEmptySpans) {
  selu({}, {});
  alpha_dropout_backward({}, {}, 0.5, 1);
}

void expect_error(ErrorKind kind, const std::string& part, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << "no error; expected one with '" << part << "'";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Functional, RejectsInvalidParameters) {
  std::vector<float> x(4);
  for (const double rate : {-0.1, 1.0, 1.5, kNan, kInfinity}) {
    expect_error(ErrorKind::config, "dropout: rate is", [&] { dropout(x, x, rate, 1); });
    expect_error(ErrorKind::config, "rate is", [&] { dropout_backward(x, x, rate, 1); });
    expect_error(ErrorKind::config, "alpha_dropout: rate is",
                 [&] { alpha_dropout(x, x, rate, 1); });
    expect_error(ErrorKind::config, "rate is", [&] { alpha_dropout_backward(x, x, rate, 1); });
  }
  for (const double alpha : {-1.0, kNan, kInfinity}) {
    expect_error(ErrorKind::config, "alpha is", [&] { elu(x, x, alpha); });
    expect_error(ErrorKind::config, "alpha is", [&] { elu_backward(x, x, x, alpha); });
    expect_error(ErrorKind::config, "alpha is", [&] { elu_backward_from_input(x, x, x, alpha); });
  }
  for (const double variance : {0.0, -1.0, kNan, kInfinity}) {
    expect_error(ErrorKind::config, "variance is",
                 [&] { alpha_dropout(x, x, 0.5, 1, 0, "", 0, variance); });
  }
  expect_error(ErrorKind::config, "mean is", [&] { alpha_dropout(x, x, 0.5, 1, 0, "", kNan, 1); });
}

TEST(Functional, RejectsSpansOfDifferentLengths) {
  std::vector<float> four(4), five(5);
  const std::string text = "y has 5 elements, x has 4";
  expect_error(ErrorKind::shape, text, [&] { selu(four, five); });
  expect_error(ErrorKind::shape, text, [&] { elu(four, five); });
  expect_error(ErrorKind::shape, text, [&] { dropout(four, five, 0.5, 1); });
  expect_error(ErrorKind::shape, text, [&] { alpha_dropout(four, five, 0.5, 1); });
  expect_error(ErrorKind::shape, "y has 5 elements, dy has 4",
               [&] { selu_backward(four, five, four); });
  expect_error(ErrorKind::shape, "dx has 5 elements, dy has 4",
               [&] { elu_backward(four, four, five); });
  expect_error(ErrorKind::shape, "x has 5 elements, dy has 4",
               [&] { selu_backward_from_input(four, five, four); });
  expect_error(ErrorKind::shape, "dx has 5", [&] { dropout_backward(four, five, 0.5, 1); });
  expect_error(ErrorKind::shape, "dx has 5", [&] { alpha_dropout_backward(four, five, 0.5, 1); });
}

}  // namespace
}  // namespace selfnorm
