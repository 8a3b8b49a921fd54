// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/arithmetic.h"

#include <gtest/gtest.h>

#include <functional>

#include "kernels/kernel_testing.h"
#include "kernels/parallel.h"
#include "openmp_threads.h"

namespace selfnorm {
namespace {

constexpr float kA = 1.3f, kB = -0.7f;

using Kernel = std::function<void(const float*, const float*, float*, std::int64_t)>;
using Truth = std::function<float(float, float)>;

// Writes to a separate array, then over the first input, then over the second.
void expect_bits(const Kernel& kernel, const Truth& truth) {
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    const auto x = draws(n, 1), y = draws(n, 2);
    std::vector<float> want;
    for (std::size_t i = 0; i < x.size(); ++i) want.push_back(truth(x[i], y[i]));
    Guarded<float> a(x, offset), b(y, offset / 2), out(n, 2 * offset);
    kernel(a.data(), b.data(), out.data(), n);
    EXPECT_EQ(out.values(), want);
    EXPECT_EQ(a.values(), x);
    EXPECT_EQ(b.values(), y);
    kernel(a.data(), b.data(), a.data(), n);
    EXPECT_EQ(a.values(), want);
    Guarded<float> c(x, offset);
    kernel(c.data(), b.data(), b.data(), n);
    EXPECT_EQ(b.values(), want);
  });
}

TEST(Arithmetic, AddIsExactlyRounded) {
  expect_bits(kernels::add, [](float x, float y) { return x + y; });
}

TEST(Arithmetic, MultiplyIsExactlyRounded) {
  expect_bits(kernels::multiply, [](float x, float y) { return x * y; });
}

TEST(Arithmetic, AbsoluteDifferenceIsExactlyRounded) {
  expect_bits(kernels::absolute_difference, [](float x, float y) { return std::abs(x - y); });
}

TEST(Arithmetic, GradientOfAbsoluteDifferenceHasTheRightSign) {
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    const auto x = draws(n, 1), g = draws(n, 3);
    auto y = draws(n, 2);
    for (std::size_t i = 0; i < y.size(); i += 3) y[i] = x[i];
    Guarded<float> out(n, offset);
    kernels::absolute_difference_slope(x.data(), y.data(), g.data(), out.data(), n);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float want = x[i] > y[i] ? g[i] : x[i] < y[i] ? -g[i] : 0;
      EXPECT_EQ(out[static_cast<std::int64_t>(i)], want);
    }
  });
}

TEST(Arithmetic, ScaleIsExactlyRounded) {
  expect_bits([](auto* x, auto*, auto* out, auto n) { kernels::scale(kA, x, out, n); },
              [](float x, float) { return kA * x; });
}

TEST(Arithmetic, CopyKeepsBits) {
  expect_bits([](auto* x, auto*, auto* out, auto n) { kernels::copy(x, out, n); },
              [](float x, float) { return x; });
}

TEST(Arithmetic, FillReachesEveryElement) {
  expect_bits([](auto*, auto*, auto* out, auto n) { kernels::fill(kB, out, n); },
              [](float, float) { return kB; });
}

TEST(Arithmetic, AccumulateAddsToTheOutput) {
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    const auto x = draws(n, 1), y = draws(n, 2);
    Guarded<float> out(y, offset);
    kernels::accumulate(x.data(), out.data(), n);
    for (std::int64_t i = 0; i < n; ++i) EXPECT_EQ(out[i], x[i] + y[i]);
  });
}

// Each product and the sum are rounded once. A fused multiply-add has fewer roundings.
double allowed(double ax, double by) {
  return kRounding * (std::abs(ax) + std::abs(by) + std::abs(ax + by));
}

TEST(Arithmetic, ScaleShiftMeetsItsErrorBound) {
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    const auto x = draws(n, 1);
    Guarded<float> out(n, offset), in_place(x, offset);
    kernels::scale_shift(kA, kB, x.data(), out.data(), n);
    kernels::scale_shift(kA, kB, in_place.data(), in_place.data(), n);
    EXPECT_EQ(out.values(), in_place.values());
    for (std::int64_t i = 0; i < n; ++i) {
      expect_close(out[i], double{kA} * x[i] + kB, allowed(double{kA} * x[i], kB), i);
    }
  });
}

TEST(Arithmetic, ScaleAddMeetsItsErrorBound) {
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    const auto x = draws(n, 1), y = draws(n, 2);
    Guarded<float> out(n, offset), in_place(y, offset);
    kernels::scale_add(kA, x.data(), kB, y.data(), out.data(), n);
    kernels::scale_add(kA, x.data(), kB, in_place.data(), in_place.data(), n);
    EXPECT_EQ(out.values(), in_place.values());
    for (std::int64_t i = 0; i < n; ++i) {
      const double ax = double{kA} * x[i], by = double{kB} * y[i];
      expect_close(out[i], ax + by, allowed(ax, by), i);
    }
  });
}

TEST(Arithmetic, AccumulateScaledMeetsItsErrorBound) {
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    const auto x = draws(n, 1), y = draws(n, 2);
    Guarded<float> out(y, offset);
    kernels::accumulate_scaled(kA, x.data(), out.data(), n);
    for (std::int64_t i = 0; i < n; ++i) {
      const double ax = double{kA} * x[i];
      expect_close(out[i], ax + y[i], allowed(ax, 0) + kRounding * std::abs(ax + y[i]), i);
    }
  });
}

// The other tests would also pass if only one target ran. Here, a target with fused multiply-add
// keeps 2⁻²⁴, and a target without it loses 2⁻²⁴.
TEST(Arithmetic, RunsOnDifferentTargets) {
#if HWY_ARCH_X86
  const float a = 1 + 0x1p-12f, y = -(1 + 0x1p-11f);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    float out = -1;
    kernels::scale_add(a, &a, 1, &y, &out, 1);
    hwy::SetSupportedTargetsForTest(0);
    const bool is_emulated = target == HWY_SCALAR || target == HWY_EMU128;
    const bool fused = !is_emulated && target != HWY_SSSE3 && target != HWY_SSE4;
    EXPECT_EQ(out, fused ? 0x1p-24f : 0.0f) << hwy::TargetName(target);
  }
#else
  GTEST_SKIP() << "this test knows only for x86 which targets have fused multiply-add";
#endif
}

TEST(ParallelRows, VisitsEveryRowOnceInBlocksOfAtLeastTheGrain) {
  SKIP_UNDER_THREAD_SANITIZER();
  for (const int threads : {1, 2, 3, 7}) {
    const ScopedOpenMpThreads set(threads);
    for (const std::int64_t rows : {0, 1, 2, 3, 5, 9, 10, 11, 20, 21, 40}) {
      for (const std::int64_t grain : {0, 1, 3, 10, 100}) {
        std::vector<int> visits(static_cast<std::size_t>(rows), 0);
        std::vector<std::int64_t> counts(static_cast<std::size_t>(rows), 0);
        parallel_rows(rows, grain, [&](std::int64_t first, std::int64_t count) {
          counts[static_cast<std::size_t>(first)] = count;
          for (std::int64_t r = first; r < first + count; ++r)
            ++visits[static_cast<std::size_t>(r)];
        });
        EXPECT_EQ(visits, std::vector<int>(visits.size(), 1));
        int blocks = 0;
        for (const std::int64_t count : counts) {
          blocks += count > 0;
          EXPECT_TRUE(count == 0 || count >= std::min(grain, rows)) << count;
        }
        EXPECT_LE(blocks, threads);
        const std::int64_t most = rows / std::max<std::int64_t>(grain, 1);
        EXPECT_EQ(blocks,
                  rows == 0 ? 0 : std::max<std::int64_t>(1, std::min<std::int64_t>(threads, most)));
      }
    }
  }
}

TEST(ParallelRows, RunsOnTheCallingThreadInsideAParallelRegion) {
  SKIP_UNDER_THREAD_SANITIZER();
  const ScopedOpenMpThreads set(2);
  int calls = 0;
#pragma omp parallel num_threads(2)
  {
    parallel_rows(100, 1, [&](std::int64_t first, std::int64_t count) {
      EXPECT_EQ(first, 0);
      EXPECT_EQ(count, 100);
#pragma omp atomic
      ++calls;
    });
  }
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace selfnorm
