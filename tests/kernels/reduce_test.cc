// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/reduce.h"

#include <gtest/gtest.h>

#include <limits>

#include "kernels/kernel_testing.h"
#include "openmp_threads.h"

namespace selfnorm {
namespace {

// The error of a sum of up to 2³⁰ doubles in any order, as a fraction of Σ|x|.
constexpr double kDoubleSum = 0x1p-53 * 0x1p10;
constexpr double kGroup = 15 * kRounding;  // 16 rows are added in float: 15 roundings of Σ|x|

std::vector<float> column_sums(const std::vector<float>& x, std::int64_t rows, std::int64_t columns,
                               std::int64_t offset = 0) {
  Guarded<float> in(x, offset), out(columns, offset);
  Guarded<double> scratch(kernels::column_sum_scratch_doubles(rows, columns), offset);
  kernels::column_sum(in.data(), out.data(), rows, columns, scratch.data());
  return out.values();
}

void expect_column_sums(const std::vector<float>& x, std::int64_t rows, std::int64_t columns,
                        std::int64_t offset = 0) {
  SCOPED_TRACE(testing::Message() << rows << " × " << columns << ", offset " << offset);
  const auto got = column_sums(x, rows, columns, offset);
  for (std::int64_t c = 0; c < columns; ++c) {
    double want = 0, size = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      want += x[r * columns + c];
      size += std::abs(x[r * columns + c]);
    }
    expect_close(got[c], want, kGroup * size + kRounding * std::abs(want), c);
  }
}

TEST(ColumnSum, MatchesDoubleForAllShapes) {
  for_each_target([] {
    for (const std::int64_t rows : {0, 1, 2, 15, 16, 17, 127, 128, 129, 300}) {
      for (const std::int64_t columns : {1, 3, 4, 10, 16, 17, 33, 64, 70}) {
        expect_column_sums(draws(rows * columns, 3), rows, columns, rows % 7);
      }
    }
    expect_column_sums(draws(130 * 600, 4), 130, 600);  // several strips
    expect_column_sums(draws(20000 * 3, 5), 20000, 3);  // the largest number of blocks
  });
}

// Adding 0.1f two hundred thousand times in float gives an error of 1 %. The bound here is 1e-6.
TEST(ColumnSum, ErrorDoesNotGrowWithRows) {
  for_each_target([] {
    const std::int64_t rows = 200000;
    expect_column_sums(std::vector<float>(rows * 2, 0.1f), rows, 2);
  });
}

TEST(ColumnSum, GivesTheSameBitsForAnyNumberOfThreads) {
  SKIP_UNDER_THREAD_SANITIZER();
  const auto x = draws(3000 * 50, 6);
  const auto one = [&] {
    const ScopedOpenMpThreads set(1);
    return column_sums(x, 3000, 50);
  }();
  for (const int threads : {2, 3, 5}) {
    const ScopedOpenMpThreads set(threads);
    EXPECT_EQ(column_sums(x, 3000, 50), one) << threads << " threads";
  }
}

TEST(Sums, MatchDouble) {
  for_each_shape([](std::int64_t n, std::int64_t offset) {
    const auto x = draws(n, 7), y = draws(n, 8);
    Guarded<float> a(x, offset), b(y, offset / 2);
    const double factor = 0.3;
    double sum = 0, size = 0, squares = 0, dot = 0, dot_size = 0, shifted = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum += x[i];
      size += std::abs(x[i]);
      squares += double{x[i]} * x[i];
      dot += double{x[i]} * y[i];
      dot_size += std::abs(double{x[i]} * y[i]);
      shifted += (x[i] + factor * y[i]) * (x[i] + factor * y[i]);
    }
    expect_close(kernels::sum(a.data(), n), sum, kDoubleSum * size, n);
    expect_close(kernels::sum_of_squares(a.data(), n), squares, kDoubleSum * squares, n);
    expect_close(kernels::dot(a.data(), b.data(), n), dot, kDoubleSum * dot_size, n);
    expect_close(kernels::sum_of_squares(a.data(), factor, b.data(), n), shifted,
                 kDoubleSum * shifted, n);
  });
}

TEST(Sums, SquaresOfTheLargestFloatsDoNotOverflow) {
  for_each_target([] {
    const float most = std::numeric_limits<float>::max();
    const std::vector<float> x(40, most);
    const double want = 40 * (double{most} * most);
    expect_close(kernels::sum_of_squares(x.data(), 40), want, kDoubleSum * want, 0);
  });
}

void expect_moments(const std::vector<float>& x) {
  long double mean = 0, variance = 0;
  for (const float v : x) mean += v;
  mean /= static_cast<long double>(x.size());
  for (const float v : x) variance += (v - mean) * (v - mean);
  variance /= static_cast<long double>(x.size());
  const auto got = kernels::moments(x.data(), static_cast<std::int64_t>(x.size()));
  const double want_mean = static_cast<double>(mean), want = static_cast<double>(variance);
  double size = 0;
  for (const float v : x) size = std::max(size, std::abs(double{v}));
  const double mean_error = kDoubleSum * size;
  expect_close(got.mean, want_mean, mean_error, 0);
  // An error e of the mean adds e², and every difference from the mean is rounded.
  expect_close(got.variance, want, kDoubleSum * want + mean_error * mean_error, 0);
}

TEST(Moments, MatchLongDouble) {
  for_each_target([] {
    for (std::int64_t n = 1; n <= kLongest; ++n) expect_moments(draws(n, 9));
    auto shifted = draws(1000, 10);
    for (float& v : shifted) v += 1e6f;
    expect_moments(shifted);
    auto outlier = draws(1000, 11);
    outlier[0] = 1e12f;
    expect_moments(outlier);
  });
}

TEST(Moments, AcceptConstantsAndEmptyArrays) {
  for_each_target([] {
    const std::vector<float> x(1003, 0.1f);
    const auto got = kernels::moments(x.data(), 1003);
    EXPECT_EQ(got.mean, double{0.1f});
    EXPECT_EQ(got.variance, 0);
    EXPECT_EQ(kernels::moments(nullptr, 0).mean, 0);
    const std::vector<float> bad = {1, std::nanf(""), 2};
    EXPECT_TRUE(std::isnan(kernels::moments(bad.data(), 3).mean));
    EXPECT_TRUE(std::isnan(kernels::moments(bad.data(), 3).variance));
  });
}

TEST(AllFinite, FindsABadElementAtAnyPosition) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float most = std::numeric_limits<float>::max();
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    Guarded<float> x(std::vector<float>(static_cast<std::size_t>(n), -most), offset);
    EXPECT_TRUE(kernels::all_finite(x.data(), n));
    for (std::int64_t i = 0; i < n; ++i) {
      for (const float bad : {infinity, -infinity, std::nanf(""), -std::nanf("")}) {
        x[i] = bad;
        EXPECT_FALSE(kernels::all_finite(x.data(), n)) << i << ": " << bad;
      }
      x[i] = std::numeric_limits<float>::denorm_min();
    }
    EXPECT_TRUE(kernels::all_finite(x.data(), n));
  });
  for_each_target([&] {
    std::vector<float> x(10000, 1.0f);
    for (const std::size_t at : {0ul, 4095ul, 4096ul, 9999ul}) {
      x[at] = infinity;
      EXPECT_FALSE(kernels::all_finite(x.data(), 10000)) << at;
      x[at] = 0;
    }
    EXPECT_TRUE(kernels::all_finite(x.data(), 10000));
  });
}

}  // namespace
}  // namespace selfnorm
