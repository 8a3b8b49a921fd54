// SPDX-License-Identifier: Apache-2.0
#include "data/standardizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "data/gather.h"
#include "data/split.h"
#include "random_floats.h"
#include "selfnorm/error.h"
#include "tables/feature_treatment.h"

namespace selfnorm {
namespace {

using Rows = std::vector<std::int64_t>;

// Two passes in double over n numbers of size ~m: the error of each sum is at most n·u·m.
constexpr double kSumTolerance = 1e4 * 0x1p-53 * 1e3;

TEST(Standardizer, UsesOnlyTrainingRows) {
  const Field field{"x", {2}, std::vector<float>{1, 5, 3, 5, 100, 200}, {}};
  const Standardizer s = fit_standardizer(field, Rows{0, 1});
  EXPECT_EQ(s.mean, (std::vector<double>{2, 5}));
  // Population standard deviations. Nothing can be learned from the constant column, so it is 0
  // also in rows in which it differs.
  EXPECT_EQ(s.standard_deviation, (std::vector<double>{1, 1}));
  std::vector<float> out(2);
  gather_batch(field, &s, Rows{2}, out.data());
  EXPECT_EQ(out, (std::vector<float>{98, 0}));
}

TEST(Standardizer, IsExactForConstantColumns) {
  const Field field{"x", {1}, std::vector<float>(1000, 0.1f), {}};
  const Standardizer s = fit_standardizer(field, all_rows(1000));
  EXPECT_EQ(s.mean[0], static_cast<double>(0.1f));
  EXPECT_EQ(s.standard_deviation[0], 1);
}

// The one-pass formula fails for a mean of 1e4 standard deviations. Long double is the reference.
TEST(Standardizer, IsAccurateForALargeMean) {
  const auto values = random_floats(4000, 1, 1e4f);
  const Field field{"x", {2}, values, {}};
  const Standardizer s = fit_standardizer(field, all_rows(2000));
  for (std::size_t f = 0; f < 2; ++f) {
    long double sum = 0, squares = 0;
    for (std::size_t r = 0; r < 2000; ++r) sum += values[2 * r + f];
    for (std::size_t r = 0; r < 2000; ++r) {
      squares += (values[2 * r + f] - sum / 2000) * (values[2 * r + f] - sum / 2000);
    }
    EXPECT_NEAR(s.mean[f], static_cast<double>(sum / 2000), kSumTolerance);
    EXPECT_NEAR(s.standard_deviation[f], static_cast<double>(std::sqrt(squares / 2000)),
                kSumTolerance);
  }
}

TEST(Standardizer, UsesChannelsOfImagesAndTheLastExtentOfOthers) {
  // (C,H,W) = (2,1,2). Channel 0 contains 0 and 2, channel 1 contains 10 and 10.
  const Field image{"x", {2, 1, 2}, std::vector<float>{0, 2, 10, 10}, {}};
  EXPECT_EQ(fit_standardizer(image, Rows{0}).mean, (std::vector<double>{1, 10}));
  EXPECT_EQ(fit_standardizer(image, Rows{0}).standard_deviation, (std::vector<double>{1, 1}));
  const Field sequence{"x", {2, 2}, std::vector<float>{0, 2, 10, 10}, {}};
  EXPECT_EQ(fit_standardizer(sequence, Rows{0}).mean, (std::vector<double>{5, 6}));
  const Field bytes{"x", {1, 1, 2}, std::vector<std::uint8_t>{0, 255}, {}};
  EXPECT_EQ(fit_standardizer(bytes, Rows{0}).mean, (std::vector<double>{0.5}));
  EXPECT_EQ(fit_standardizer(bytes, Rows{0}).standard_deviation, (std::vector<double>{0.5}));
}

TEST(Standardizer, RejectsNoRowsAndRowsOutOfRange) {
  const Field field{"x", {1}, std::vector<float>{1, 2}, {}};
  EXPECT_THROW(fit_standardizer(field, Rows{}), Error);
  EXPECT_THROW(fit_standardizer(field, Rows{2}), Error);
  EXPECT_THROW(fit_standardizer(field, Rows{-1}), Error);
}

// A table of a long-tailed number, a category of four words and its missing cells.
struct Table {
  static constexpr std::size_t kRows = 1000, kWidth = 7;
  std::vector<TableColumn> columns = {{"income"}, {"city", "category"}};
  Field field{"features", {kWidth}, std::vector<float>(kRows* kWidth, 0.0f), {}};

  Table() {
    columns[1].categories = {"Ulm", "Bonn", "Kiel"};
    columns[1].has_other = true;
    columns[1].marks_missing = true;
    columns.push_back({"size"});
    field.columns = {"income",          "city=Ulm",        "city=Bonn", "city=Kiel",
                     "city is another", "city is missing", "size"};
    auto& values = std::get<std::vector<float>>(field.values);
    const RandomKey key = random_key(1, "test", "table");
    for (std::size_t row = 0; row < kRows; ++row) {
      values[row * kWidth] = static_cast<float>(std::exp(3 * normal(key, row)));
      // A row in 2, in 4, in 8 …: the last categories are rare.
      std::size_t city = 1;
      while (city < 5 && (row >> (city - 1)) % 2 == 1) ++city;
      values[row * kWidth + city] = 1;
      values[row * kWidth + 6] = static_cast<float>(normal(key, kRows + row));
    }
  }
  std::vector<float> standardized(const std::string& scaling) const {
    const Rows rows = all_rows(kRows);
    const Standardizer s = fit_standardizer(field, rows, treat_features(field, columns, scaling));
    std::vector<float> out(kRows * kWidth);
    gather_batch(field, &s, rows, out.data());
    return out;
  }
};

struct Moments {
  double mean = 0, square = 0, largest = 0;
};

Moments moments_of(const std::vector<float>& values, std::size_t column) {
  Moments m;
  for (std::size_t i = column; i < values.size(); i += Table::kWidth) {
    const double x = values[i], rows = Table::kRows;
    m.mean += x / rows;
    m.square += x * x / rows;
    m.largest = std::max(m.largest, std::abs(x));
  }
  return m;
}

// The rounding of 1,000 numbers to float changes their mean and mean square by at most 2^-24 times
// the mean size of the numbers and of twice their squares, which are about 1.
constexpr double kFloatTolerance = 4 * 0x1p-24;

TEST(Standardizer, GivesEveryScalingMeanZeroAndVarianceOne) {
  const Table table;
  for (const char* scaling : {"standard", "robust", "quantile"}) {
    const std::vector<float> values = table.standardized(scaling);
    for (const std::size_t column : {0, 6}) {
      EXPECT_NEAR(moments_of(values, column).mean, 0, kFloatTolerance) << scaling;
      EXPECT_NEAR(moments_of(values, column).square, 1, kFloatTolerance) << scaling;
    }
  }
}

TEST(Standardizer, BringsALongTailCloser) {
  const Table table;
  const double plain = moments_of(table.standardized("standard"), 0).largest;
  EXPECT_GT(plain, 10);
  // A smooth clip is within ±3 widths, so it is bounded by 6 over its standard deviation.
  for (const char* scaling : {"robust", "quantile"})
    EXPECT_LT(moments_of(table.standardized(scaling), 0).largest, 5) << scaling;
}

TEST(Standardizer, ChoosesTheScalingByTheTarget) {
  Targets classes;
  classes.classes = {0, 1};
  EXPECT_EQ(resolve_scaling("auto", classes, 1000), "quantile");
  EXPECT_EQ(resolve_scaling("auto", classes, 999), "standard");
  EXPECT_EQ(resolve_scaling("auto", {}, 1000), "standard");
  EXPECT_EQ(resolve_scaling("robust", classes, 999), "robust");
}

// The numbers of a category have mean 0, and their mean square over rows and categories is 1. Each
// row has a 1 in one of them, so no row is far out, however rare its category is.
TEST(Standardizer, GivesTheNumbersOfACategoryOneStandardDeviation) {
  const std::vector<float> values = Table().standardized("quantile");
  double square = 0;
  for (std::size_t column = 1; column < 5; ++column) {
    EXPECT_NEAR(moments_of(values, column).mean, 0, kFloatTolerance);
    square += moments_of(values, column).square / 4;
  }
  EXPECT_NEAR(square, 1, kFloatTolerance);
  // The fourth category is in a row of 16. On its own, its largest number would be √15.
  EXPECT_LT(moments_of(values, 4).largest, std::sqrt(15.0) - 1);
  EXPECT_NEAR(moments_of(values, 5).square, 1, kFloatTolerance);  // the mark of missing cells
}

TEST(Standardizer, KeepsRareMarksWithinTenStandardDeviations) {
  Table table;
  auto& values = std::get<std::vector<float>>(table.field.values);
  for (std::size_t row = 0; row < Table::kRows; ++row) {  // one missing cell in 1,000
    for (std::size_t city = 1; city <= 5; ++city)
      values[row * Table::kWidth + city] = (city == 5) == (row == 3) && (city == 1 || city == 5);
  }
  EXPECT_LE(moments_of(table.standardized("standard"), 5).largest, 10);
  EXPECT_GT(moments_of(table.standardized("standard"), 5).largest, 9);
}

TEST(Standardizer, DoesNotDependOnTheOrderOfRows) {
  const Table table;
  const auto treatments = treat_features(table.field, table.columns, "quantile");
  Rows rows = all_rows(Table::kRows);
  const Standardizer forward = fit_standardizer(table.field, rows, treatments);
  std::ranges::reverse(rows);
  const Standardizer backward = fit_standardizer(table.field, rows, treatments);
  EXPECT_EQ(forward.mean, backward.mean);
  EXPECT_EQ(forward.standard_deviation, backward.standard_deviation);
  EXPECT_EQ(forward.transforms[0].knots, backward.transforms[0].knots);
}

}  // namespace
}  // namespace selfnorm
