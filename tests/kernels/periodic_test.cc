// SPDX-License-Identifier: Apache-2.0
// Compares the periodic features and their gradients with cosines and sines in double.
#include "kernels/simd/periodic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/kernel_testing.h"

namespace selfnorm {
namespace {

using kernels::PeriodicShape;

constexpr double kTurn = 2 * std::numbers::pi, kRoot = std::numbers::sqrt2;

struct Inputs {
  PeriodicShape shape;
  std::vector<float> x, w, b, dy;

  Inputs(const PeriodicShape& s, double scale)
      : shape(s),
        x(draws(s.rows * s.features, 1, scale)),
        w(draws(s.features * s.frequencies, 2)),
        b(draws(s.features * s.frequencies, 3)),
        dy(draws(s.rows * s.features * s.frequencies, 4)) {}

  std::int64_t outputs() const { return std::ssize(dy); }
  double input(std::int64_t i) const { return x[static_cast<std::size_t>(i / shape.frequencies)]; }
  double product(std::int64_t i) const { return weight(w, i) * input(i); }
  double turns(std::int64_t i) const { return product(i) + weight(b, i); }
  double weight(const std::vector<float>& values, std::int64_t i) const {
    return values[static_cast<std::size_t>(i % std::ssize(values))];
  }
  // As stated in kernels/simd/periodic.h. A target without fused multiplication rounds twice.
  double error(std::int64_t i) const {
    return kRoot * kRounding * (kTurn * (std::abs(product(i)) + std::abs(turns(i))) + 4);
  }
};

void expect_features(Inputs& in, std::int64_t offset) {
  Guarded<float> x(in.x, offset), w(in.w, offset), b(in.b, 2 * offset), y(in.outputs(), offset);
  kernels::periodic(x.data(), w.data(), b.data(), y.data(), in.shape);
  for (std::int64_t i = 0; i < in.outputs(); ++i)
    expect_close(y[i], kRoot * std::cos(kTurn * in.turns(i)), in.error(i), i);
}

void expect_gradients(Inputs& in, std::int64_t offset) {
  Guarded<float> x(in.x, offset), w(in.w, offset), b(in.b, 2 * offset), dy(in.dy, offset);
  Guarded<float> g(in.outputs(), offset), gx(in.outputs(), 2 * offset);
  Guarded<float> dx(std::ssize(in.x), offset);
  kernels::periodic_phase_gradient(dy.data(), x.data(), w.data(), b.data(), g.data(), gx.data(),
                                   in.shape);
  kernels::periodic_input_gradient(g.data(), w.data(), dx.data(), in.shape);
  std::vector<double> sums(in.x.size()), errors(in.x.size());
  for (std::int64_t i = 0; i < in.outputs(); ++i) {
    const double dy_i = in.weight(in.dy, i), w_i = in.weight(in.w, i);
    const double want = -kTurn * kRoot * std::sin(kTurn * in.turns(i)) * dy_i;
    const double error = kTurn * std::abs(dy_i) * in.error(i);
    expect_close(g[i], want, error, i);
    expect_close(gx[i], want * in.input(i),
                 std::abs(in.input(i)) * (error + kRounding * std::abs(want)), i);
    const auto row = static_cast<std::size_t>(i / in.shape.frequencies);
    sums[row] += want * w_i;
    errors[row] += error * std::abs(w_i);
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    expect_close(dx[at], sums[i], errors[i] + kRounding * std::abs(sums[i]), at);
  }
}

TEST(Periodic, MatchesTheCosineAndItsDerivatives) {
  for_each_target([&] {
    for (const PeriodicShape& shape :
         {PeriodicShape{1, 1, 1}, {3, 2, 5}, {2, 7, 3}, {4, 5, 16}, {2, 3, 23}, {1, 69, 1}}) {
      for (const std::int64_t offset : kOffsets) {
        for (const double scale : {0.0, 0.1, 1.0, 1000.0}) {
          Inputs in(shape, scale);
          expect_features(in, offset);
          expect_gradients(in, offset);
        }
      }
    }
  });
}

TEST(Periodic, IsExactAtQuarterTurns) {
  for_each_target([&] {
    const std::vector<float> x(1, 1), b = {0, 0.25f, 0.5f, 0.75f, 1, -0.25f, -0.5f}, dy(7, 1);
    const std::vector<float> w(7, 0);
    std::vector<float> y(7), g(7), gx(7);
    kernels::periodic(x.data(), w.data(), b.data(), y.data(), {1, 1, 7});
    kernels::periodic_phase_gradient(dy.data(), x.data(), w.data(), b.data(), g.data(), gx.data(),
                                     {1, 1, 7});
    const int cosines[] = {1, 0, -1, 0, 1, 0, -1}, sines[] = {0, 1, 0, -1, 0, -1, 0};
    for (std::size_t i = 0; i < 7; ++i) {
      EXPECT_NEAR(y[i], kRoot * cosines[i], 2 * kRounding) << b[i];
      EXPECT_NEAR(g[i], -kTurn * kRoot * sines[i], 16 * kRounding) << b[i];
    }
  });
}

TEST(Periodic, AcceptsHugeArgumentsAndPropagatesNan) {
  const float infinity = std::numeric_limits<float>::infinity();
  for_each_target([&] {
    const std::vector<float> x(1, 1), w = {1e30f, 3e38f, -8388609, std::nanf(""), infinity},
                                      b(5, 0);
    std::vector<float> y(5);
    kernels::periodic(x.data(), w.data(), b.data(), y.data(), {1, 1, 5});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(y[i], kRoot, 2 * kRounding) << w[i];
    EXPECT_TRUE(std::isnan(y[3]));
    EXPECT_TRUE(std::isnan(y[4]));
  });
}

}  // namespace
}  // namespace selfnorm
