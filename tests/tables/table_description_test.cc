// SPDX-License-Identifier: Apache-2.0
#include "tables/table_description.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "tables/repeats.h"
#include "tables/table_fixture.h"

namespace selfnorm {
namespace {

class TableDescriptionTest : public TableTest {
 protected:
  TableDescription describe(const std::string& text, const std::string& target) const {
    return describe_table(read(text, target));
  }
  static bool warns(const TableDescription& table, const std::string& part) {
    return std::ranges::any_of(table.warnings, [&](const std::string& warning) {
      return warning.find(part) != std::string::npos;
    });
  }
};

// Rows of noise, and a column `copy` with the target in another unit.
std::string noise_table(bool is_sorted) {
  std::string text = "a,word,copy,y\n";
  for (std::uint64_t row = 0; row < 400; ++row) {
    const RandomKey key = random_key(1, "test", "noise");
    const bool positive = is_sorted ? row >= 200 : normal(key, 2 * row) > 0;
    text += std::to_string(normal(key, 2 * row + 1)) + (row % 3 == 0 ? ",red," : ",blue,") +
            (positive ? "5.5," : "-1.5,") + (positive ? "yes\n" : "no\n");
  }
  return text;
}

TEST_F(TableDescriptionTest, ColumnsHaveTheirRangesAndShares) {
  const TableDescription table = describe("a,w,y\n1,x,0\n,z,1\n4,x,0\n4,x,1\n", "y");
  ASSERT_EQ(table.columns.size(), 2U);
  EXPECT_EQ(table.columns[0].kind, "number");
  EXPECT_EQ(table.columns[0].missing, 0.25);
  EXPECT_EQ(table.columns[0].low, 1);
  EXPECT_EQ(table.columns[0].high, 4);
  EXPECT_EQ(table.columns[0].mean, 3);
  EXPECT_EQ(table.columns[0].histogram.front(), 1);
  EXPECT_EQ(table.columns[0].histogram.back(), 2);
  ASSERT_EQ(table.columns[1].shares.size(), 2U);
  EXPECT_EQ(table.columns[1].shares[0], std::pair(std::string("x"), 0.75));
}

TEST_F(TableDescriptionTest, AColumnThatGivesTheTargetAwayIsAWarning) {
  const TableDescription table = describe(noise_table(false), "y");
  EXPECT_TRUE(warns(table, "column 'copy' alone predicts the target (accuracy 1.000)"));
  EXPECT_FALSE(warns(table, "column 'a'"));
  EXPECT_FALSE(warns(table, "sorted"));
  EXPECT_LT(table.columns[0].target_score, 0.65);  // of 200 rows of noise
}

// The mean of an interval says little about the few large numbers that decide R².
TEST_F(TableDescriptionTest, ACopyOfASkewedTargetIsAWarning) {
  std::string text = "a,copy,y\n";
  for (std::uint64_t row = 0; row < 500; ++row) {
    const RandomKey key = random_key(5, "test", "skewed");
    const std::string y = std::to_string(std::exp(3 * normal(key, 2 * row)));
    text += std::to_string(normal(key, 2 * row + 1)) + "," + y + "," + y + "\n";
  }
  const TableDescription table = describe(text, "y");
  EXPECT_TRUE(warns(table, "column 'copy' alone predicts the target"));
  EXPECT_FALSE(warns(table, "column 'a'"));
}

TEST_F(TableDescriptionTest, FindsLeaksInSortedRows) {
  DataOptions options;
  options.target = "y";
  for (const bool is_sorted : {false, true}) {
    const auto leaks = find_leaks(read_csv(write("t.csv", noise_table(is_sorted)), options));
    ASSERT_EQ(leaks.size(), 1U);
    expect_contains("--drop 'copy'", leaks[0]);
  }
}

TEST_F(TableDescriptionTest, SortedRowsAreAWarning) {
  EXPECT_TRUE(warns(describe(noise_table(true), "y"), "the rows are sorted by the target"));
}

TEST_F(TableDescriptionTest, NumbersArePredictedByTheirIntervals) {
  std::string text = "a,b,y\n";
  for (std::uint64_t row = 0; row < 600; ++row) {
    const RandomKey key = random_key(2, "test", "line");
    const double a = normal(key, 3 * row), b = normal(key, 3 * row + 1);
    text +=
        std::to_string(a) + "," + std::to_string(b) + "," + std::to_string(10 + a + 0.5 * b) + "\n";
  }
  const TableDescription table = describe(text, "y");
  EXPECT_NEAR(table.columns[0].target_score, 0.8, 0.1);  // 1 of 1 + 0.25
  EXPECT_LT(table.columns[1].target_score, 0.35);
  EXPECT_NEAR(table.baseline, 0, 0.02);
}

TEST_F(TableDescriptionTest, CountsRepeatedRows) {
  const TableDescription table = describe("a,b,y\n1,2,0\n2,3,1\n1,2,0\n1,2,1\n1,2,0\n", "y");
  EXPECT_EQ(table.duplicate_rows, 2);
  EXPECT_TRUE(warns(table, "2 rows have the features and targets of an earlier row"));
  const Dataset data = read("a,b,y\n1,2,0\n2,3,1\n1,2,0\n", "y");
  expect_contains("33 % of the rows have the features", find_repeated_rows(data).value_or(""));
  EXPECT_FALSE(find_repeated_rows(read("a,b,y\n1,2,0\n2,3,1\n1,2,1\n", "y")));
}

TEST_F(TableDescriptionTest, FindsEqualColumns) {
  const TableDescription table =
      describe("a,b,c,d,y\n1,1,x,p,0\n,,z,q,1\n4,4,x,p,0\n4,4,x,p,1\n", "y");
  EXPECT_TRUE(warns(table, "columns 'a' and 'b' are the same in all rows"));
  EXPECT_TRUE(warns(table, "columns 'c' and 'd' are the same in all rows"));
  EXPECT_FALSE(warns(describe("a,b,y\n1,1,0\n2,2.5,1\n", "y"), "are the same"));
  EXPECT_FALSE(warns(describe("a,b,y\n1,1,0\n,0,1\n2,2,0\n", "y"), "are the same"));
  EXPECT_FALSE(warns(describe("a,b,y\n2020-01-01,2021-03-01,0\n2020-01-05,2021-03-05,1\n", "y"),
                     "are the same"));
}

TEST_F(TableDescriptionTest, GuessesTheTarget) {
  const TableDescription table = describe("price,a,b\n1,2,5\n2,3,7\n3,5,1\n", "");
  EXPECT_EQ(table.likely_targets, (std::vector<std::string>{"price", "b"}));
}

}  // namespace
}  // namespace selfnorm
