// SPDX-License-Identifier: Apache-2.0
// Compares the vectorized kernels with kernels/ref/pointwise.h, for every tail length and
// alignment, in place and out of place, on every instruction set, with unmapped memory after every
// array.
#include "kernels/simd/pointwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/dropout.h"
#include "kernels/guarded_array.h"
#include "kernels/ref/pointwise.h"
#include "kernels/simd_targets.h"

namespace selfnorm {
namespace {

using Kind = ActivationKind;

// The largest error that the test of an activation allows, and the error of one more float
// operation.
constexpr double kActivationUlps = 6.5;
constexpr double kEpsilon = 0x1p-23;

const MaskStream kMask{{0x5eed}, 3, 1000};
const std::vector<Activation> kActivations = {{Kind::identity},
                                              {Kind::selu},
                                              {Kind::selu, 1.3, 1.1, 0.5},
                                              {Kind::elu, 1},
                                              {Kind::relu},
                                              {Kind::leaky_relu, 0.01},
                                              {Kind::leaky_relu, -0.5},
                                              {Kind::tanh},
                                              {Kind::sigmoid},
                                              {Kind::softplus},
                                              {Kind::gelu},
                                              {Kind::silu},
                                              {Kind::exp},
                                              {Kind::expm1}};
// Alpha dropout at inference, which draws no masks.
Dropout expectation() {
  Dropout dropout = make_dropout(DropoutKind::alpha, 0.5, 0.3, 1.7, -1.2);
  dropout.inference = DropoutInference::expectation;
  return inference_dropout(dropout);
}

const std::vector<Dropout> kDropouts = {{},
                                        make_dropout(DropoutKind::plain, 0.3),
                                        make_dropout(DropoutKind::alpha, 0.2),
                                        make_dropout(DropoutKind::alpha, 0.5, 0.3, 1.7, -1.2),
                                        expectation()};

std::vector<std::int64_t> interesting_columns() {
  std::vector<std::int64_t> columns;
  for (std::int64_t n = 0; n <= 70; ++n) columns.push_back(n);
  for (std::int64_t n = 124; n <= 132; ++n) columns.push_back(n);
  for (std::int64_t n = 254; n <= 258; ++n) columns.push_back(n);
  return columns;
}

std::vector<float> normals(std::int64_t count, const char* name) {
  std::vector<float> x;
  const RandomKey key = random_key(1, "test", name);
  for (std::int64_t i = 0; i < count; ++i) x.push_back(static_cast<float>(2 * normal(key, i)));
  return x;
}

std::vector<double> widen(const std::vector<float>& x) { return {x.begin(), x.end()}; }

// Runs a forward or backward pass with all arrays at the end of their pages.
template <class Pass>
std::vector<float> guarded(const std::vector<float>& first, const std::vector<float>& second,
                           bool in_place, const Pass& pass) {
  GuardPageArray a(first.size()), b(second.size()), out(first.size());
  std::copy(first.begin(), first.end(), a.data());
  std::copy(second.begin(), second.end(), b.data());
  float* result = in_place ? a.data() : out.data();
  pass(a.data(), b.data(), result);
  EXPECT_TRUE(a.intact() && b.intact() && out.intact()) << "written before the beginning";
  const bool kept = in_place || std::equal(first.begin(), first.end(), a.data());
  EXPECT_TRUE(kept) << "input changed";
  EXPECT_TRUE(std::equal(second.begin(), second.end(), b.data())) << "input changed";
  return {result, result + first.size()};
}

std::string name_of(const Activation& f, const Dropout& dropout, std::int64_t columns) {
  return "activation " + std::to_string(static_cast<int>(f.kind)) + " dropout " +
         std::to_string(static_cast<int>(dropout.kind)) + " columns " + std::to_string(columns);
}

// a·f + b in floats: the error of the activation, and one rounding each of a, b and the sum.
double forward_tolerance(const Dropout& dropout, double value) {
  const double kept = std::abs(dropout.a * value);
  return kEpsilon * ((kActivationUlps + 2) * kept + 2 * std::abs(dropout.b)) + 0x1p-140;
}

void check_forward(const Activation& f, const Dropout& dropout, std::int64_t rows,
                   std::int64_t columns, bool with_bias) {
  SCOPED_TRACE(name_of(f, dropout, columns));
  const auto x = normals(rows * columns, "x");
  const auto bias = with_bias ? normals(columns, "bias") : std::vector<float>();
  std::vector<float> sum = x;  // in floats, as the kernel adds it
  for (std::int64_t i = 0; with_bias && i < rows * columns; ++i) {
    sum[static_cast<std::size_t>(i)] += bias[static_cast<std::size_t>(i % columns)];
  }
  auto undropped = widen(sum), want = widen(sum);
  const double* none = nullptr;
  ref::pointwise_forward(undropped.data(), none, undropped.data(), rows, columns, f, {}, kMask);
  ref::pointwise_forward(want.data(), none, want.data(), rows, columns, f, dropout, kMask);
  for_each_simd_target([&] {
    for (const bool in_place : {false, true}) {
      const auto y = guarded(x, bias, in_place, [&](float* in, float* b, float* out) {
        pointwise_forward(in, with_bias ? b : nullptr, out, rows, columns, f, dropout, kMask);
      });
      for (std::size_t i = 0; i < y.size(); ++i) {
        ASSERT_NEAR(y[i], want[i], forward_tolerance(dropout, undropped[i])) << "element " << i;
      }
    }
  });
}

TEST(PointwiseForward, MatchesTheReferenceForEveryTail) {
  for (const std::int64_t columns : interesting_columns()) {
    for (const Activation& f : kActivations) {
      for (const Dropout& dropout : kDropouts) check_forward(f, dropout, 3, columns, true);
    }
    if (HasFatalFailure()) return;
  }
}

TEST(PointwiseForward, MatchesTheReferenceWithoutBias) {
  for (const std::int64_t columns : {1, 7, 64, 129, 1000}) {
    for (const Activation& f : kActivations) {
      for (const Dropout& dropout : kDropouts) check_forward(f, dropout, 5, columns, false);
    }
  }
}

// The reference computes in double from the floats that the kernel reads. The remaining error has
// two parts. The first comes from recovering y from y′. It is relative to the larger of y′ and b,
// is multiplied by 1/a, and passes through a slope with a derivative of at most λ·s. The second is
// a few roundings.
double backward_tolerance(const Activation& f, const Dropout& dropout, double saved, double dy) {
  const double range = std::max(1.0, f.lambda * std::max(1.0, f.alpha));
  double recovered = 1;
  if (can_differentiate_from_output(f)) {
    recovered += (std::abs(saved) + std::abs(dropout.b)) / dropout.a;
  }
  return 8 * kEpsilon * std::abs(dy) * dropout.a * range * recovered;
}

void check_backward(const Activation& f, const Dropout& dropout, std::int64_t rows,
                    std::int64_t columns) {
  SCOPED_TRACE(name_of(f, dropout, columns));
  const auto dy = normals(rows * columns, "dy");
  auto saved = normals(rows * columns, "x");
  if (can_differentiate_from_output(f)) {
    pointwise_forward(saved.data(), nullptr, saved.data(), rows, columns, f, dropout, kMask);
  }
  Dropout rounded = dropout;  // so that y > b gives the same result in float and double
  rounded.b = static_cast<float>(dropout.b);
  const auto wide_dy = widen(dy), wide_saved = widen(saved);
  std::vector<double> want(dy.size());
  ref::pointwise_backward(wide_dy.data(), wide_saved.data(), want.data(), rows, columns, f, rounded,
                          kMask);
  for_each_simd_target([&] {
    for (const bool in_place : {false, true}) {
      const auto dx = guarded(dy, saved, in_place, [&](float* in, float* s, float* out) {
        pointwise_backward(in, s, out, rows, columns, f, dropout, kMask);
      });
      const auto over_saved = guarded(saved, dy, true, [&](float* s, float* in, float* out) {
        pointwise_backward(in, s, out, rows, columns, f, dropout, kMask);
      });
      for (std::size_t i = 0; i < dx.size(); ++i) {
        ASSERT_NEAR(dx[i], want[i], backward_tolerance(f, dropout, saved[i], dy[i]))
            << "element " << i;
        ASSERT_EQ(dx[i], over_saved[i]) << "element " << i;
      }
    }
  });
}

TEST(PointwiseBackward, MatchesTheReferenceForEveryTail) {
  for (const std::int64_t columns : interesting_columns()) {
    for (const Activation& f : kActivations) {
      for (const Dropout& dropout : kDropouts) check_backward(f, dropout, 3, columns);
    }
    if (HasFatalFailure()) return;
  }
}

// The forward and backward passes drop the same elements, and the backward pass is the derivative
// of the forward pass: it matches the complex step of the reference, except at kinks.
TEST(PointwiseBackward, IsTheDerivativeOfForward) {
  constexpr double kStep = 1e-30;
  const std::int64_t rows = 4, columns = 200;
  auto x = normals(rows * columns, "x");
  for (const Activation& f : kActivations) {
    for (const Dropout& dropout : kDropouts) {
      SCOPED_TRACE(name_of(f, dropout, columns));
      std::vector<std::complex<double>> step;
      for (const float value : x) step.emplace_back(value, kStep);
      ref::pointwise_forward<std::complex<double>>(step.data(), nullptr, step.data(), rows, columns,
                                                   f, dropout, kMask);
      std::vector<float> saved = x, dx(x.size(), 1.0f);
      if (can_differentiate_from_output(f)) {
        pointwise_forward(x.data(), nullptr, saved.data(), rows, columns, f, dropout, kMask);
      }
      pointwise_backward(dx.data(), saved.data(), dx.data(), rows, columns, f, dropout, kMask);
      for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_NEAR(dx[i], step[i].imag() / kStep, backward_tolerance(f, dropout, saved[i], 1))
            << "x " << x[i];
      }
    }
  }
}

// y = (y′ − b)/a has lost the sign and the tail of x. The result must still be a valid slope.
TEST(PointwiseBackward, HandlesSeluAndAlphaDropoutAtTheEdges) {
  const Activation selu{Kind::selu};
  const Dropout dropout = make_dropout(DropoutKind::alpha, 0.1);
  const auto a = static_cast<float>(dropout.a);
  const auto saturation = static_cast<float>(-kAlphaPrime);
  const float tiny = std::numeric_limits<float>::denorm_min();
  const std::vector<float> x = {0.0f, -0.0f, tiny, -tiny, 1e-30f, -1e-30f, -17.0f, -1000.0f, 1e30f};
  const auto count = static_cast<std::int64_t>(x.size());
  for_each_simd_target([&] {
    for (std::uint64_t row = 0; row < 20; ++row) {
      const MaskStream mask{{8}, 0, row};
      std::vector<float> y(x.size()), dx(x.size(), 1.0f);
      pointwise_forward(x.data(), nullptr, y.data(), 1, count, selu, dropout, mask);
      pointwise_backward(dx.data(), y.data(), dx.data(), 1, count, selu, dropout, mask);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (!ref::is_kept(dropout, mask, 0, i)) {
          EXPECT_EQ(dx[i], 0.0f) << x[i];
        } else if (x[i] == 1e30f) {
          EXPECT_EQ(dx[i], static_cast<float>(kSeluLambda) * a);
        } else if (x[i] < -16) {
          EXPECT_GE(dx[i], 0.0f) << x[i];
          EXPECT_LE(dx[i], 4 * kEpsilon) << x[i];  // relative to y near 1.76, not to 0
        } else {
          EXPECT_EQ(dx[i], saturation * a) << x[i];  // x is lost in b: the branch for x ≤ 0
        }
      }
    }
  });
}

// (y′ − b)/a may be rounded to a value outside the range of y, where the formula gives a negative
// slope.
TEST(PointwiseBackward, SlopeIsNotNegativeAtTheEndOfTheRange) {
  const std::vector<float> x = {-1000.0f, -30.0f, 30.0f, 1000.0f};
  for (int percent = 1; percent < 60; ++percent) {
    for (const DropoutKind kind : {DropoutKind::plain, DropoutKind::alpha}) {
      const Dropout dropout = make_dropout(kind, percent / 100.0);
      for (const Kind f : {Kind::selu, Kind::elu, Kind::tanh, Kind::sigmoid, Kind::softplus}) {
        for_each_simd_target([&] {
          std::vector<float> y(x.size()), dx(x.size(), 1.0f);
          pointwise_forward(x.data(), nullptr, y.data(), 1, 4, {f, 1.5}, dropout, kMask);
          pointwise_backward(dx.data(), y.data(), dx.data(), 1, 4, {f, 1.5}, dropout, kMask);
          for (const float slope : dx) ASSERT_GE(slope, 0.0f) << percent << " %";
        });
      }
    }
  }
}

TEST(PointwiseBackward, PlainDropoutKeepsTheSignOfTinyValues) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const Dropout dropout{DropoutKind::plain, 65535, 8, 0, 0};  // 1/a would make it underflow
  for_each_simd_target([&] {
    std::vector<float> saved(33, tiny), dx(33, 1.0f);
    pointwise_backward(dx.data(), saved.data(), dx.data(), 1, 33, {Kind::selu}, dropout, kMask);
    EXPECT_EQ(dx[5], 8 * static_cast<float>(kSeluLambda));
  });
}

// A dropped element has no effect, even if it is NaN or infinite.
TEST(Pointwise, DroppedElementsHaveNoEffect) {
  const Dropout dropout = make_dropout(DropoutKind::alpha, 0.5);
  for_each_simd_target([&] {
    std::vector<float> x(200, std::numeric_limits<float>::quiet_NaN()), y(200), dx(200);
    pointwise_forward(x.data(), nullptr, y.data(), 1, 200, {Kind::selu}, dropout, kMask);
    pointwise_backward(x.data(), x.data(), dx.data(), 1, 200, {Kind::selu}, dropout, kMask);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const bool keep = ref::is_kept(dropout, kMask, 0, i);
      EXPECT_EQ(std::isnan(y[i]), keep);
      EXPECT_EQ(std::isnan(dx[i]), keep);
    }
  });
}

void check_feature_dropout(std::int64_t rows, std::int64_t positions, std::int64_t channels,
                           const Dropout& dropout) {
  SCOPED_TRACE(std::to_string(positions) + " positions of " + std::to_string(channels));
  const auto x = normals(rows * positions * channels, "x");
  const auto wide = widen(x);
  std::vector<double> want(x.size()), want_dx(x.size());
  ref::feature_dropout_forward(wide.data(), want.data(), rows, positions, channels, dropout, kMask);
  ref::feature_dropout_backward(wide.data(), want_dx.data(), rows, positions, channels, dropout,
                                kMask);
  for_each_simd_target([&] {
    for (const bool in_place : {false, true}) {
      const auto y = guarded(x, {}, in_place, [&](float* in, float*, float* out) {
        feature_dropout_forward(in, out, rows, positions, channels, dropout, kMask);
      });
      const auto dx = guarded(x, {}, in_place, [&](float* in, float*, float* out) {
        feature_dropout_backward(in, out, rows, positions, channels, dropout, kMask);
      });
      for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_NEAR(y[i], want[i], forward_tolerance(dropout, x[i])) << "element " << i;
        ASSERT_NEAR(dx[i], want_dx[i], forward_tolerance(dropout, x[i])) << "element " << i;
      }
    }
  });
}

TEST(FeatureDropout, MatchesTheReferenceForEveryShape) {
  for (const Dropout& dropout : kDropouts) {
    for (const std::int64_t channels : {1, 3, 10, 16, 33, 128, 200, 1023, 1024, 1025, 2100}) {
      for (const std::int64_t positions : {1, 2, 49}) {
        check_feature_dropout(2, positions, channels, dropout);
      }
    }
    check_feature_dropout(1, 1500, 3, dropout);  // more positions than in one mask pattern
    check_feature_dropout(0, 4, 4, dropout);
  }
}

}  // namespace
}  // namespace selfnorm
