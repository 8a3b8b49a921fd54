// SPDX-License-Identifier: Apache-2.0
#include "train/held_out_errors.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "data/split.h"
#include "selfnorm/error.h"
#include "selfnorm/model.h"
#include "train/trainer_fixture.h"

namespace selfnorm {
namespace {

HeldOutErrors errors_from_1_to(std::int64_t rows) {
  HeldOutErrors errors{rows, {}};
  for (std::int64_t i = 1; i <= rows; ++i) errors.sorted.push_back(static_cast<float>(i));
  return errors;
}

TEST(ConformalBound, IsTheErrorOfItsRank) {
  EXPECT_EQ(conformal_bound(errors_from_1_to(9), 0.9), 9);    // ⌈10·0.9⌉
  EXPECT_EQ(conformal_bound(errors_from_1_to(99), 0.9), 90);  // ⌈100·0.9⌉
  EXPECT_EQ(conformal_bound(errors_from_1_to(100), 0.5), 51);
  EXPECT_EQ(conformal_bound(errors_from_1_to(8), 0.9), std::nullopt);
  EXPECT_EQ(conformal_bound({}, 0.9), std::nullopt);
}

TEST(ConformalBound, NeedsAsManyRowsAsItSays) {
  EXPECT_EQ(rows_needed(0.9), 9);
  EXPECT_EQ(rows_needed(0.95), 19);
  EXPECT_EQ(rows_needed(0.5), 1);
  EXPECT_TRUE(rc::check("one row less does not suffice", [] {
    const double level = *rc::gen::inRange(1, 999) / 1000.0;
    const std::int64_t rows = rows_needed(level);
    RC_ASSERT(conformal_bound(errors_from_1_to(rows), level).has_value());
    RC_ASSERT(!conformal_bound(errors_from_1_to(rows - 1), level).has_value());
  }));
}

TEST(HeldOutErrors, SurviveTheModelFile) {
  const std::vector<HeldOutErrors> errors = {errors_from_1_to(5), errors_from_1_to(3)};
  const auto read = held_out_errors_from_json(held_out_errors_to_json(errors), 2);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].rows, 5);
  EXPECT_EQ(read[0].sorted, errors[0].sorted);
  EXPECT_EQ(read[1].sorted, errors[1].sorted);
  for (const char* damaged :
       {"[]", "[{\"rows\":2,\"sorted\":[1]}]", "[{\"rows\":2,\"sorted\":[2,1]}]",
        "[{\"rows\":1,\"sorted\":[-1]}]", "[{\"rows\":-1,\"sorted\":[]}]", "[{\"rows\":1}]", "7"})
    EXPECT_THROW(held_out_errors_from_json(damaged, 1), Error) << damaged;
}

// y = x₀ + noise, where the noise has the standard deviation 1.
Dataset noisy_line(std::int64_t rows, const char* name) {
  Dataset data;
  data.name = name;
  data.rows = rows;
  const auto draw = [&](const char* what, std::int64_t row) {
    return normal(random_key(1, name, what), static_cast<std::uint64_t>(row));
  };
  std::vector<float> x;
  for (std::int64_t row = 0; row < rows; ++row) {
    x.push_back(static_cast<float>(draw("x", row)));
    data.targets.values.push_back(x.back() + static_cast<float>(draw("noise", row)));
  }
  data.inputs.push_back({"x", {1}, std::move(x), {}});
  data.targets.name = "y";
  data.targets.width = 1;
  return data;
}

// The share of 4,000 new rows has a standard error of √(0.9·0.1/4000) = 0.005, and the quantile of
// the 400 held-out errors adds √(0.9·0.1/400) = 0.015.
TEST(PredictionIntervals, ContainTheirShareOfNewTargets) {
  for (const std::int64_t members : {1, 2}) {
    Network network;
    network.layers = {{"dense", {{"units", 8 * members}}},
                      {"selu"},
                      {"dense", {{"units", members}, {"groups", members}}},
                      {"average_members", {{"members", members}}}};
    TrainOptions options;
    options.epochs = 20;
    DataOptions split;
    split.validation_split = 0.4 / static_cast<double>(members);
    const Model model = train(network, noisy_line(1000, "old"), options, split);
    const Dataset fresh = noisy_line(4000, "new");
    const PredictionIntervals intervals = model.intervals_around(model.predict(fresh), 0.9);
    double inside = 0;
    for (std::size_t i = 0; i < 4000; ++i) {
      const float y = fresh.targets.values[i];
      inside += intervals.low.data[i] <= y && y <= intervals.high.data[i];
    }
    EXPECT_NEAR(inside / 4000, 0.9, 4 * 0.016) << members;
    EXPECT_THROW(model.intervals_around(model.predict(fresh), 1), Error);
    EXPECT_THROW(model.intervals_around(model.predict(fresh), 0.9999), Error);
  }
}

TEST(PredictionIntervals, NeedHeldOutRowsAndNumbers) {
  Network network;
  network.layers = {{"dense", {{"units", std::int64_t{1}}}}};
  const Dataset data = noisy_line(50, "old");
  const Model without_held_out_rows = train(network, data);
  EXPECT_THROW(without_held_out_rows.intervals_around(without_held_out_rows.predict(data), 0.9),
               Error);
  network.layers = {{"dense", {{"units", std::int64_t{4}}}}};
  DataOptions split;
  split.validation_split = 0.5;
  const Model classes = train(network, clusters(100), {}, split);
  EXPECT_THROW(classes.intervals_around(classes.predict(clusters(100)), 0.9), Error);
}

}  // namespace
}  // namespace selfnorm
