// SPDX-License-Identifier: Apache-2.0
#include "report/regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace selfnorm {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

Dataset table(std::vector<float> targets, std::int64_t width) {
  Dataset data;
  data.rows = std::ssize(targets) / width;
  data.inputs = {{"x", {1}, std::vector<float>(static_cast<std::size_t>(data.rows), 7), {"age"}}};
  data.targets = {"price", {}, {}, std::move(targets), width};
  return data;
}

std::vector<std::int64_t> rows_of(const Dataset& data) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < data.rows; ++row) rows.push_back(row);
  return rows;
}

// The residuals 1, −1, 5 and −5 have the root mean square √13. A missing target has no residual.
TEST(Regression, ContainsPointsStandardDeviationAndDistribution) {
  const Dataset data = table({1, 2, 3, 4, kMissing}, 1);
  const NamedRows of{data, rows_of(data), "5 rows"};
  const std::vector<float> given = {2, 1, 8, -1, 0};
  const Json json = regression_json(given, of);
  ASSERT_EQ(json["targets"].size(), 1u);
  const Json& target = json["targets"][0];
  EXPECT_EQ(target["name"], "price");
  EXPECT_DOUBLE_EQ(target["deviation"].get<double>(), std::sqrt(13.0));
  EXPECT_EQ(target["points"], Json::parse("[[1.0,2.0],[2.0,1.0],[3.0,8.0],[4.0,-1.0]]"));
  double area = 0, width = 0;
  for (std::size_t i = 0; i < target["residuals"].size(); ++i) {
    width = 8 * std::sqrt(13.0) / static_cast<double>(target["residuals"].size());
    area += width * target["residuals"][i][1].get<double>();
    // Each residual is within half a bin of the center of its bin.
    if (target["residuals"][i][1] == 0) continue;
    const double middle = std::abs(target["residuals"][i][0].get<double>());
    EXPECT_TRUE(std::abs(middle - 1) <= width / 2 || std::abs(middle - 5) <= width / 2) << middle;
  }
  EXPECT_NEAR(area, 1, 1e-12);
}

TEST(Regression, SortsResidualsInStandardDeviationsOfTheirTarget) {
  // The standard deviations are √((1 + 9)/2) for the first target and √((100 + 400)/2) for the
  // second.
  const Dataset data = table({0, 0, 0, 0}, 2);
  const NamedRows of{data, rows_of(data), "2 rows"};
  const std::vector<float> given = {1, 10, 3, 20};
  const Json rows = largest_residuals_json(given, of)["rows"];
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0]["target"], "price 0");
  EXPECT_EQ(rows[0]["row"], 1);
  EXPECT_NEAR(rows[0]["deviations"].get<double>(), 3 / std::sqrt(5.0), 1e-12);
  EXPECT_EQ(rows[1]["target"], "price 1");
  EXPECT_EQ(rows[0]["values"], Json::parse(R"([["age",7.0]])"));
}

// The evaluated rows are a part of the data, in another order.
TEST(Regression, NumbersRowsAsInTheData) {
  const Dataset data = table({10, 20, 30, 40}, 1);
  const std::vector<float> given = {31, 15};
  const NamedRows of{data, {2, 0}, "2 rows"};
  EXPECT_EQ(regression_json(given, of)["targets"][0]["points"],
            Json::parse("[[10.0,15.0],[30.0,31.0]]"));  // sorted by target
  const Json rows = largest_residuals_json(given, of)["rows"];
  EXPECT_EQ(rows[0]["row"], 0);
  EXPECT_EQ(rows[0]["truth"], 10);
}

// A residual beyond four standard deviations counts in the last bin. Many points are subsampled.
TEST(Regression, LimitsResidualsAndPoints) {
  std::vector<float> given(2000, 0);
  given[7] = 1000;
  const Dataset data = table(std::vector<float>(2000, 0), 1);
  const Json target = regression_json(given, {data, rows_of(data), ""})["targets"][0];
  EXPECT_EQ(target["points"].size(), 500u);
  const double width =
      target["residuals"][1][0].get<double>() - target["residuals"][0][0].get<double>();
  EXPECT_NEAR(target["residuals"].back()[1].get<double>() * width, 1.0 / 2000, 1e-12);
}

TEST(Regression, IsNullForManyTargetsAndForNone) {
  const Dataset many = table(std::vector<float>(40, 1), 20);
  EXPECT_TRUE(regression_json(std::vector<float>(40, 1), {many, rows_of(many), ""}).is_null());
  const Dataset none = table({kMissing}, 1);
  EXPECT_TRUE(regression_json(std::vector<float>{1}, {none, {0}, ""}).is_null());
}

// All predictions are exact, so there is no distribution, and no division by 0.
TEST(Regression, AcceptsExactPredictions) {
  const Dataset data = table({1, 2}, 1);
  const Json json = regression_json(std::vector<float>{1, 2}, {data, {0, 1}, ""});
  EXPECT_EQ(json["targets"][0]["deviation"], 0);
  EXPECT_TRUE(json["targets"][0]["residuals"].empty());
  EXPECT_TRUE(largest_residuals_json(std::vector<float>{1, 2}, {data, {0, 1}, ""})["rows"].empty());
}

}  // namespace
}  // namespace selfnorm
