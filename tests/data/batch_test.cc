// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "data/gather.h"
#include "data/split.h"
#include "data/standardizer.h"
#include "openmp_threads.h"
#include "random_floats.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using Rows = std::vector<std::int64_t>;

TEST(Gather, StoresColorImagesFeaturesLast) {
  // The value of row r, channel c, height y, width x is 1000r + 100c + 10y + x. C=3, H=2, W=4.
  constexpr int kC = 3, kH = 2, kW = 4;
  std::vector<float> values;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < kC; ++c)
      for (int y = 0; y < kH; ++y)
        for (int x = 0; x < kW; ++x) {
          values.push_back(static_cast<float>(1000 * r + 100 * c + 10 * y + x));
        }
  const Field field{"image", {kC, kH, kW}, values, {}};
  const Standardizer s{{0, 1, 2}, {1, 2, 4}};
  for (const Standardizer* standardizer : {static_cast<const Standardizer*>(nullptr), &s}) {
    std::vector<float> out(2 * kC * kH * kW);
    gather_batch(field, standardizer, Rows{2, 0}, out.data());
    std::size_t at = 0;
    for (const int r : {2, 0})
      for (int y = 0; y < kH; ++y)
        for (int x = 0; x < kW; ++x)
          for (int c = 0; c < kC; ++c, ++at) {
            const double value = 1000 * r + 100 * c + 10 * y + x;
            const double want = standardizer == nullptr ? value : (value - c) / (1 << c);
            EXPECT_EQ(out[at], static_cast<float>(want)) << r << c << y << x;
          }
  }
}

TEST(Gather, DividesBytesBy255WithOneRounding) {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const Standardizer s{{0.1307}, {0.3081}};
  for (const Shape& shape : {Shape{256}, Shape{1, 16, 16}}) {
    const Field field{"x", shape, bytes, {}};
    Standardizer per_column{std::vector<double>(256, 0.1307), std::vector<double>(256, 0.3081)};
    std::vector<float> plain(256), standard(256);
    gather_batch(field, nullptr, Rows{0}, plain.data());
    gather_batch(field, shape.size() == 3 ? &s : &per_column, Rows{0}, standard.data());
    for (std::size_t v = 0; v < 256; ++v) {
      const double part = static_cast<double>(v) / 255;
      EXPECT_EQ(plain[v], static_cast<float>(part));
      EXPECT_EQ(standard[v], static_cast<float>((part - 0.1307) / 0.3081));
    }
  }
}

TEST(Gather, GivesTheSameBitsForAnyNumberOfThreads) {
  SKIP_UNDER_THREAD_SANITIZER();
  constexpr std::int64_t kRows = 200;  // enough values for several threads
  const Field field{"x", {3, 16, 16}, random_floats(kRows * 768, 2, 1), {}};
  const Standardizer s = fit_standardizer(field, all_rows(kRows));
  const Rows rows = permutation(random_key(1, "test", "rows"), kRows);
  std::vector<std::vector<float>> outs;
  for (const int threads : {1, 2, 5}) {
    const ScopedOpenMpThreads set(threads);
    outs.emplace_back(kRows * 768);
    gather_batch(field, &s, rows, outs.back().data());
  }
  EXPECT_EQ(outs[0], outs[1]);
  EXPECT_EQ(outs[0], outs[2]);
  // If the standardizer was fitted to all rows, their batch has mean 0 and standard deviation 1.
  double sum = 0, squares = 0;
  for (const float x : outs[0]) sum += x, squares += static_cast<double>(x) * x;
  const auto count = static_cast<double>(outs[0].size());
  constexpr double kFloatRounding = 0x1p-24 * 8;  // one rounding of numbers up to about 8
  EXPECT_NEAR(sum / count, 0, kFloatRounding);
  EXPECT_NEAR(squares / count, 1, 2 * kFloatRounding);
}

TEST(Gather, RejectsWrongRowsAndStandardizersOfOtherData) {
  const Field field{"x", {2}, std::vector<float>{1, 2, 3, 4}, {}};
  std::vector<float> out(2);
  EXPECT_THROW(gather_batch(field, nullptr, Rows{2}, out.data()), Error);
  const Standardizer one{{0}, {1}};
  try {
    gather_batch(field, &one, Rows{0}, out.data());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::shape);
  }
}

TEST(TakeRows, SelectsFeaturesAndTargets) {
  Dataset data{"d", 3, {{"x", {2}, std::vector<float>{1, 2, 3, 4, 5, 6}, {"a", "b"}}}, {}};
  data.targets = {"y", {0, 1, 0}, {"n", "p"}, {}, 0};
  const Dataset part = select_rows(data, Rows{2, 0});
  EXPECT_EQ(part.rows, 2);
  EXPECT_EQ(std::get<std::vector<float>>(part.inputs[0].values), (std::vector<float>{5, 6, 1, 2}));
  EXPECT_EQ(part.inputs[0].columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(part.targets.classes, (std::vector<std::int32_t>{0, 0}));
  data.targets = {"y", {}, {}, {1, 2, 3, 4, 5, 6}, 2};
  EXPECT_EQ(select_rows(data, Rows{1}).targets.values, (std::vector<float>{3, 4}));
}

TEST(EvenlySpacedRows, KeepEveryPartOfSortedRows) {
  Rows all(10);
  std::iota(all.begin(), all.end(), 100);
  EXPECT_EQ(evenly_spaced_rows(all, 4), (Rows{100, 102, 105, 107}));
  EXPECT_EQ(evenly_spaced_rows(all, 11), all);
  EXPECT_TRUE(evenly_spaced_rows(Rows{}, 4).empty());
}

}  // namespace
}  // namespace selfnorm
