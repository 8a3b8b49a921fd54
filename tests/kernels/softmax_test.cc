// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/kernel_testing.h"
#include "kernels/ref/loss.h"

namespace selfnorm {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The contract of softmax(): (m − x + 8) roundings of an element, and their mean from the sum.
void expect_softmax(const std::vector<float>& x, const std::vector<float>& got) {
  const auto want = ref::softmax(std::vector<double>(x.begin(), x.end()));
  const double maximum = *std::max_element(x.begin(), x.end());
  const auto error = [&](std::size_t i) { return (maximum - x[i] + 8) * kRounding; };
  double mean = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (want[i] > 0) mean += want[i] * error(i);
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double relative = want[i] > 0 ? error(i) + mean : 0;
    expect_close(got[i], want[i], want[i] * relative + 2 * kLeast, static_cast<std::int64_t>(i));
  }
}

std::vector<float> softmax(const std::vector<float>& x) {
  std::vector<float> y(x.size());
  kernels::softmax(x.data(), y.data(), 1, static_cast<std::int64_t>(x.size()));
  return y;
}

TEST(Softmax, MatchesDoubleAndMayOverwriteItsInput) {
  for_each_shape([](std::int64_t n, std::int64_t offset) {
    const auto x = draws(3 * n, 1, 5);
    Guarded<float> in(x, offset), out(3 * n, offset / 2);
    kernels::softmax(in.data(), out.data(), 3, n);
    kernels::softmax(in.data(), in.data(), 3, n);
    EXPECT_EQ(in.values(), out.values());
    for (std::int64_t r = 0; r < 3 && n > 0; ++r) {
      const std::vector<float> row(x.begin() + r * n, x.begin() + (r + 1) * n);
      expect_softmax(row, {out.data() + r * n, out.data() + (r + 1) * n});
    }
  });
}

TEST(Softmax, IsStableForHugeLogits) {
  for_each_target([] {
    for (const float size : {1e2f, 1e4f, 3e38f}) {
      auto x = draws(37, 2, 1);
      for (float& v : x) v = std::clamp(v, -1.0f, 1.0f) * size;
      expect_softmax(x, softmax(x));
      EXPECT_EQ(softmax({size, -size}), (std::vector<float>{1, 0}));
      EXPECT_EQ(softmax({-size, -size}), (std::vector<float>{0.5f, 0.5f}));
    }
  });
}

TEST(Softmax, HandlesInfiniteAndNanLogits) {
  for_each_target([] {
    EXPECT_EQ(softmax({-kInfinity, 0, 0}), (std::vector<float>{0, 0.5f, 0.5f}));
    for (const float bad : {kInfinity, std::nanf("")}) {
      for (std::size_t at = 0; at < 20; ++at) {
        auto x = draws(20, 3);
        x[at] = bad;
        for (const float y : softmax(x)) EXPECT_TRUE(std::isnan(y)) << at;
      }
    }
    for (const float y : softmax(std::vector<float>(20, -kInfinity))) EXPECT_TRUE(std::isnan(y));
  });
}

// Logits are within ±kSpan. The error of each y is at most (2·kSpan + 8)·2 roundings. It enters dx
// once through y and once through the sum. The last three operations round once each.
TEST(SoftmaxGradient, MatchesComplexStep) {
  const double span = 3, roundings = 2 * 2 * (2 * span + 8) + 4;
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    auto x = draws(n, 4);
    for (float& v : x) v = std::clamp(v, -3.0f, 3.0f);
    const auto dy = draws(n, 5);
    Guarded<float> y(n, offset), out(n, offset / 2);
    kernels::softmax(x.data(), y.data(), 1, n);
    const auto probabilities = ref::softmax(std::vector<double>(x.begin(), x.end()));
    double size = 0;
    for (std::int64_t i = 0; i < n; ++i) size += probabilities[i] * std::abs(dy[i]);
    kernels::softmax_gradient(y.data(), dy.data(), out.data(), 1, n);
    for (std::int64_t i = 0; i < n; ++i) {
      const auto objective = [&](std::complex<double> moved) {
        std::vector<std::complex<double>> all(x.begin(), x.end());
        all[i] = moved;
        const auto p = ref::softmax(all);
        std::complex<double> sum = 0;
        for (std::int64_t k = 0; k < n; ++k) sum += double{dy[k]} * p[k];
        return sum;
      };
      expect_close(out[i], ref::complex_step(objective, x[i]),
                   roundings * kRounding * probabilities[i] * (std::abs(dy[i]) + size), i);
    }
    Guarded<float> over(dy, offset);
    kernels::softmax_gradient(y.data(), over.data(), over.data(), 1, n);
    EXPECT_EQ(over.values(), out.values());
    kernels::softmax_gradient(y.data(), dy.data(), y.data(), 1, n);
    EXPECT_EQ(y.values(), out.values());
  });
}

}  // namespace
}  // namespace selfnorm
