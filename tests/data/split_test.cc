// SPDX-License-Identifier: Apache-2.0
// How rows are divided into training and held-out rows.
#include "data/split.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/index.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using Rows = std::vector<std::int64_t>;

Rows together(const Split& split) {
  Rows rows = split.train;
  rows.insert(rows.end(), split.held_out.begin(), split.held_out.end());
  std::ranges::sort(rows);
  return rows;
}

TEST(Split, TakesTheLastRowsAsKerasDoes) {
  const Split split = split_rows(60000, 0.2, false, 1, "validation");
  ASSERT_EQ(split.held_out.size(), 12000U);
  EXPECT_EQ(split.held_out.front(), 48000);
  EXPECT_EQ(split.held_out.back(), 59999);
  EXPECT_EQ(split.train.back(), 47999);
  EXPECT_EQ(split_rows(5, 0.3, false, 1, "validation").train.size(), 3U);  // ⌊5·0.7⌋
  EXPECT_EQ(split_rows(10, 0.9, false, 1, "validation").train.size(), 1U);
  EXPECT_EQ(split_rows(7, 0, true, 1, "validation").train, all_rows(7));
}

TEST(Split, ShufflesBySeedAndName) {
  const auto draw = [](std::uint64_t seed, const char* name) {
    return split_rows(1000, 0.25, true, seed, name).held_out;
  };
  EXPECT_EQ(draw(1, "test"), draw(1, "test"));
  EXPECT_NE(draw(1, "test"), draw(2, "test"));
  EXPECT_NE(draw(1, "test"), draw(1, "validation"));
}

TEST(Split, RejectsEmptyParts) {
  EXPECT_THROW(split_rows(3, 0.9, false, 1, "validation"), Error);
  EXPECT_THROW(split_rows(1, 0.5, false, 1, "validation"), Error);
  EXPECT_THROW(split_rows(0, 0.5, false, 1, "validation"), Error);
}

TEST(Split, PutsEveryRowIntoExactlyOnePart) {
  EXPECT_TRUE(rc::check("train and validation partition the rows", [] {
    const auto rows = *rc::gen::inRange<std::int64_t>(4, 500);
    const double fraction = *rc::gen::inRange(25, 75) / 100.0;
    const Split split = split_rows(rows, fraction, *rc::gen::arbitrary<bool>(), 3, "validation");
    RC_ASSERT(together(split) == all_rows(rows));
  }));
}

TEST(SplitStratified, HoldsOutTheSameShareOfEachClass) {
  EXPECT_TRUE(rc::check("shares differ by less than a row", [] {
    const auto classes = *rc::gen::container<std::vector<std::int32_t>>(rc::gen::inRange(0, 4));
    RC_PRE(classes.size() > 10);
    const double fraction = *rc::gen::inRange(20, 80) / 100.0;
    const Split split = split_stratified(classes, fraction, 3, "test");
    RC_ASSERT(together(split) == all_rows(std::ssize(classes)));
    for (std::int32_t c = 0; c < 4; ++c) {
      const auto is_of_class = [&](std::int64_t row) { return classes[as_index(row)] == c; };
      const auto held_out = std::ranges::count_if(split.held_out, is_of_class);
      const auto train = std::ranges::count_if(split.train, is_of_class);
      const auto rows = static_cast<double>(held_out + train);
      RC_ASSERT(rows == 0 || train > 0);
      // The number of held-out rows is rounded to a whole number, and then that of each class.
      RC_ASSERT(rows == 0 || std::abs(static_cast<double>(held_out) - fraction * rows) < 2);
    }
  }));
}

TEST(SplitStratified, DrawsRowsBySeed) {
  std::vector<std::int32_t> classes(100);
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = i < 80 ? 0 : 1;  // sorted
  const Split split = split_stratified(classes, 0.2, 1, "test");
  ASSERT_EQ(split.held_out.size(), 20U);
  EXPECT_EQ(std::ranges::count_if(split.held_out, [](std::int64_t row) { return row >= 80; }), 4);
  EXPECT_EQ(split.held_out, split_stratified(classes, 0.2, 1, "test").held_out);
  EXPECT_NE(split.held_out, split_stratified(classes, 0.2, 2, "test").held_out);
}

TEST(SplitStratified, HoldsOutRowsOfClassesWithASingleRow) {
  const std::vector<std::int32_t> classes = {0, 1, 2, 3};
  EXPECT_EQ(split_stratified(classes, 0.25, 1, "test").held_out.size(), 1U);
}

TEST(SplitGroups, KeepsGroupsTogether) {
  EXPECT_TRUE(rc::check("no group is in both parts", [] {
    const auto count = *rc::gen::inRange<std::int64_t>(20, 200);
    std::vector<std::int32_t> groups;
    for (std::int64_t i = 0; i < count; ++i)
      groups.push_back(static_cast<std::int32_t>(i * 7 % 10));
    const Split split = split_groups(groups, 0.3, static_cast<std::uint64_t>(count), "test");
    RC_ASSERT(together(split) == all_rows(count));
    std::set<std::int32_t> held_out, train;
    for (const std::int64_t row : split.held_out) held_out.insert(groups[as_index(row)]);
    for (const std::int64_t row : split.train) train.insert(groups[as_index(row)]);
    RC_ASSERT(held_out.size() + train.size() == 10);
    const double share = static_cast<double>(split.held_out.size()) / static_cast<double>(count);
    RC_ASSERT(std::abs(share - 0.3) <= 0.1);  // a group has about a tenth of the rows
  }));
}

TEST(SplitGroups, RejectsASingleGroup) {
  const std::vector<std::int32_t> groups(10, 0);
  EXPECT_THROW(split_groups(groups, 0.2, 1, "test"), Error);
}

TEST(SplitByTime, HoldsOutTheLatestRows) {
  const std::vector<double> times = {5, 1, 4, 2, 3, 5, 0, 5};
  EXPECT_EQ(split_by_time(times, 0.5, "test").held_out, (Rows{2, 0, 5, 7}));
  // Rows of one time are not divided.
  EXPECT_EQ(split_by_time(times, 0.25, "test").held_out, (Rows{0, 5, 7}));
  EXPECT_THROW(split_by_time(std::vector<double>(8, 1.0), 0.25, "test"), Error);
}

std::optional<double> decided(std::int64_t rows, bool has_test, DataOptions options = {}) {
  decide_validation_split(options, rows, has_test);
  return options.validation_split;
}

TEST(DecideValidationSplit, HoldsOutRowsWhereTheySuffice) {
  EXPECT_EQ(decided(99, false), 0);
  EXPECT_EQ(decided(100, false), 0.2);
  EXPECT_EQ(decided(499, false), 0.2);
  EXPECT_EQ(decided(499, true), 0);
  EXPECT_EQ(decided(500, false), 0.1);
  EXPECT_EQ(decided(1999, true), 0);
  EXPECT_EQ(decided(2000, true), 0.1);
  DataOptions options;
  options.validation = "other.csv";
  EXPECT_EQ(decided(500, false, options), 0);
  options.validation.clear();
  options.validation_split = 0;
  EXPECT_EQ(decided(500, false, options), 0);
}

TEST(DecideValidationSplit, IsThatOfTheVersionOfARun) {
  DataOptions options;
  options.has_old_split = true;
  options.shuffle_split = false;
  EXPECT_EQ(decided(1999, false, options), 0);
  decide_validation_split(options, 2000, true);
  EXPECT_EQ(options.validation_split, 0.1);
  EXPECT_TRUE(options.shuffle_split);
}

TEST(SplitDataset, ChoosesTheKindOfSplit) {
  Dataset data{"t", 10, {}, {}};
  data.targets.classes = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  DataOptions options;
  const auto held_out = [&] { return split_dataset(data, 0.2, options, 1, "test").held_out; };
  const auto second_half = [](std::int64_t row) { return row >= 5; };
  EXPECT_EQ(std::ranges::count_if(held_out(), second_half), 1);
  options.shuffle_split = false;
  EXPECT_EQ(held_out(), (Rows{8, 9}));
  data.groups = {0, 1, 0, 1, 0, 2, 2, 2, 2, 2};
  EXPECT_LE(held_out().size(), 3U);  // one of the first two groups
  data.times = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  EXPECT_EQ(held_out(), (Rows{1, 0}));
}

TEST(AreSortedByClass, NeedsOneBlockPerClass) {
  using Classes = std::vector<std::int32_t>;
  EXPECT_TRUE(are_sorted_by_class(Classes{1, 1, 0, 0, 0, 2}));
  EXPECT_FALSE(are_sorted_by_class(Classes{1, 1, 0, 1}));
  EXPECT_FALSE(are_sorted_by_class(Classes{1, 1}));  // nothing to sort
  EXPECT_FALSE(are_sorted_by_class(Classes{}));
}

// A run holds out test rows first, and then validation rows of the others.
TEST(TrainingRows, AreThoseOfARun) {
  Dataset data;
  data.rows = 400;
  data.targets.class_names = {"a", "b"};
  for (std::int32_t row = 0; row < 400; ++row) data.targets.classes.push_back(row % 2);
  DataOptions options;
  options.test_split = 0.25;
  options.validation_split = 0.2;
  options.split_seed = 7;
  const Split outer = split_dataset(data, 0.25, options, 7, "test");
  Dataset rest = data;
  rest.rows = 300;
  rest.targets.classes.clear();
  for (const std::int64_t row : outer.train)
    rest.targets.classes.push_back(static_cast<std::int32_t>(row % 2));
  Rows expected;
  for (const std::int64_t row : split_validation_rows(options, rest, 7).train)
    expected.push_back(outer.train[static_cast<std::size_t>(row)]);
  EXPECT_EQ(training_rows(data, options), expected);
  EXPECT_EQ(expected.size(), 240u);
  options.test_split = 0;
  options.validation_split.reset();  // a fifth of 400 rows
  EXPECT_EQ(training_rows(data, options).size(), 320u);
}

Dataset with_classes(std::int64_t rows) {
  Dataset data;
  data.rows = rows;
  for (std::int64_t row = 0; row < rows; ++row)
    data.targets.classes.push_back(row % 5 == 0 ? 1 : 0);
  return data;
}

std::int64_t count_in(const std::vector<std::int32_t>& folds, std::int32_t fold) {
  return std::ranges::count(folds, fold);
}

TEST(Folds, AreOfEqualSizeWithTheSameShareOfEachClass) {
  const Dataset data = with_classes(103);
  DataOptions options;
  options.validation_split = 0.1;
  const std::vector<std::int32_t> folds = draw_folds(options, data, 1, 4);
  EXPECT_EQ(std::ssize(folds), 103);
  for (std::int32_t fold = 0; fold < 4; ++fold) {
    EXPECT_NEAR(static_cast<double>(count_in(folds, fold)), 10.3, 1) << fold;
    std::int64_t rare = 0;
    for (std::size_t row = 0; row < folds.size(); ++row)
      rare += folds[row] == fold && data.targets.classes[row] == 1;
    EXPECT_NEAR(static_cast<double>(rare), 2.1, 1) << fold;
  }
  EXPECT_EQ(count_in(folds, -1), 103 - count_in(folds, 0) - count_in(folds, 1) -
                                     count_in(folds, 2) - count_in(folds, 3));
  EXPECT_NE(folds, draw_folds(options, data, 2, 4));
}

TEST(Folds, CoverAllRowsIfTheFractionsAddUpToOne) {
  DataOptions options;
  options.validation_split = 0.2;
  EXPECT_EQ(count_in(draw_folds(options, with_classes(57), 1, 5), -1), 0);
}

TEST(Folds, KeepGroupsTogether) {
  Dataset data = with_classes(90);
  for (std::int64_t row = 0; row < data.rows; ++row)
    data.groups.push_back(static_cast<std::int32_t>(row % 7));
  DataOptions options;
  options.validation_split = 0.25;
  const std::vector<std::int32_t> folds = draw_folds(options, data, 1, 4);
  for (std::size_t row = 7; row < folds.size(); ++row) EXPECT_EQ(folds[row], folds[row % 7]);
  for (std::int32_t fold = 0; fold < 4; ++fold) EXPECT_GT(count_in(folds, fold), 0);
}

TEST(Folds, HaveTheSizeOfAnyFraction) {
  for (const double fraction : {0.3, 0.4, 0.45, 0.07}) {
    DataOptions options;
    options.validation_split = fraction;
    const std::vector<std::int32_t> folds = draw_folds(options, with_classes(1000), 1, 2);
    for (std::int32_t fold = 0; fold < 2; ++fold)
      EXPECT_NEAR(static_cast<double>(count_in(folds, fold)), 1000 * fraction, 2) << fraction;
  }
}

TEST(Folds, OfGroupsDependOnTheSeedAndLeaveLargeGroupsToTraining) {
  Dataset data = with_classes(1000);
  for (std::int32_t row = 0; row < 1000; ++row) data.groups.push_back(row < 600 ? 0 : 1 + row % 40);
  DataOptions options;
  options.validation_split = 0.1;
  const std::vector<std::int32_t> folds = draw_folds(options, data, 1, 2);
  ASSERT_EQ(folds.size(), 1000U);
  EXPECT_EQ(folds[0], -1);
  for (std::int32_t fold = 0; fold < 2; ++fold)
    EXPECT_NEAR(static_cast<double>(count_in(folds, fold)), 100, 10);
  EXPECT_NE(folds, draw_folds(options, data, 2, 2));
}

TEST(Folds, LeaveAClassOfOneRowToTraining) {
  Dataset data = with_classes(60);
  data.targets.classes[7] = 2;
  DataOptions options;
  options.validation_split = 0.25;
  const std::vector<std::int32_t> folds = draw_folds(options, data, 1, 4);
  EXPECT_EQ(folds[7], -1);
  EXPECT_EQ(count_in(folds, -1), 1);
}

TEST(Folds, AreEmptyIfMembersMustShareTheirRows) {
  const Dataset data = with_classes(50);
  DataOptions options;
  const auto are_drawn = [&](const Dataset& from, std::int64_t members) {
    return !draw_folds(options, from, 1, members).empty();
  };
  options.validation_split = 0.2;
  EXPECT_TRUE(are_drawn(data, 5));
  EXPECT_FALSE(are_drawn(data, 6));
  EXPECT_FALSE(are_drawn(data, 1));
  EXPECT_FALSE(are_drawn(with_classes(3), 4));
  Dataset timed = data;
  timed.times.assign(50, 0);
  EXPECT_FALSE(are_drawn(timed, 5));
  Dataset grouped = data;
  grouped.groups.assign(50, 0);
  EXPECT_FALSE(are_drawn(grouped, 5));
  options.shuffle_split = false;
  EXPECT_FALSE(are_drawn(data, 5));
  options.shuffle_split = true;
  options.validation_split = 0;
  EXPECT_FALSE(are_drawn(data, 5));
}

}  // namespace
}  // namespace selfnorm
