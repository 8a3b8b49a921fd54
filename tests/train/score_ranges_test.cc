// SPDX-License-Identifier: Apache-2.0
// Intervals and baselines of metrics.
#include "train/score_ranges.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "data/split.h"
#include "train/evaluator.h"
#include "train/metric_table.h"

namespace selfnorm {
namespace {

// Scores of two classes. Each row is predicted right with this probability, and each class has half
// of the rows.
struct Draw {
  std::vector<float> outputs;
  Targets targets{"y", {}, {"a", "b"}, {}};
};

Draw draw_classes(std::int64_t rows, double accuracy, std::uint64_t seed) {
  Draw drawn;
  const RandomKey key = random_key(seed, "test", "rows");
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto label = static_cast<std::int32_t>(row % 2);
    const bool is_right = uniform(key, static_cast<std::uint64_t>(row)) < accuracy;
    drawn.targets.classes.push_back(label);
    const bool is_first = (label == 0) == is_right;
    drawn.outputs.insert(drawn.outputs.end(), {is_first ? 1.0f : 0.0f, is_first ? 0.0f : 1.0f});
  }
  return drawn;
}

Objective classes_with(std::vector<std::string> metrics) {
  return {"softmax_cross_entropy", {}, TargetKind::classes, "softmax", std::move(metrics)};
}

// A 95 % interval contains the true value in 95 % of the samples: of 400, at least 361 with a
// probability above 0.9999.
TEST(ScoreRanges, ContainsTheTrueAccuracyInNineteenOfTwentySamples) {
  int contained = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Draw drawn = draw_classes(60, 0.9, seed);
    const ScoreRange range = score_ranges(classes_with({"accuracy"}), drawn.outputs, {2},
                                          drawn.targets, all_rows(60))[0];
    contained += range.low <= 0.9 && 0.9 <= range.high ? 1 : 0;
  }
  EXPECT_GE(contained, 361);
}

// The same for the bootstrap, whose percentiles are a little too narrow for 100 rows.
TEST(ScoreRanges, ContainsTheTrueErrorInMostSamples) {
  int contained = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const RandomKey key = random_key(seed, "test", "error");
    Targets targets{"y", {}, {}, {}, 1};
    std::vector<float> outputs;
    for (std::uint64_t row = 0; row < 100; ++row) {
      targets.values.push_back(static_cast<float>(normal(key, row)));
      outputs.push_back(0);
    }
    const Objective objective{"mean_squared_error", {}, TargetKind::values, "", {"rmse"}};
    const ScoreRange range = score_ranges(objective, outputs, {1}, targets, all_rows(100))[0];
    contained += range.low <= 1 && 1 <= range.high ? 1 : 0;
  }
  EXPECT_GE(contained, 174);  // 0.92 in the limit of many samples; below 0.87 with p < 0.01
}

TEST(ScoreRanges, ShrinksWithManyRows) {
  const Draw drawn = draw_classes(40000, 0.9, 1);
  const ScoreRanges ranges = score_ranges(classes_with({"accuracy", "f1"}), drawn.outputs, {2},
                                          drawn.targets, all_rows(40000));
  const double width = 2 * 1.96 * std::sqrt(0.9 * 0.1 / 40000);
  EXPECT_NEAR(ranges[0].high - ranges[0].low, width, 0.05 * width);
  // F1 of balanced classes varies as the accuracy does. 200 samples know the width to 15 %.
  EXPECT_NEAR(ranges[1].high - ranges[1].low, width, 0.3 * width);
}

TEST(ScoreRanges, KnowsTheBestConstantPrediction) {
  Targets classes{"y", {0, 0, 0, 1}, {"a", "b"}, {}};
  const std::vector<float> outputs = {1, 0, 1, 0, 0, 1, 0, 1};
  const ScoreRanges of_classes = score_ranges(
      classes_with({"accuracy", "balanced_accuracy", "auc"}), outputs, {2}, classes, all_rows(4));
  EXPECT_EQ(of_classes[0].baseline, 0.75);
  EXPECT_EQ(of_classes[1].baseline, 0.5);
  EXPECT_EQ(of_classes[2].baseline, 0.5);
  const Targets values{"y", {}, {}, {1, 2, 3, 6}, 1};
  const Objective squares{"mean_squared_error", {}, TargetKind::values, "", {"rmse", "r2"}};
  const ScoreRanges of_values =
      score_ranges(squares, std::vector<float>{1, 2, 3, 5}, {1}, values, all_rows(4));
  EXPECT_NEAR(of_values[0].baseline, std::sqrt((4 + 1 + 0 + 9) / 4.0), 1e-6);
  EXPECT_NEAR(of_values[1].baseline, 0, 1e-6);
}

// Outputs are logarithms, and scores are those of the predictions, in the unit of the targets.
TEST(ScoreRanges, ComputesScoresOfLogarithmicOutputsFromPredictions) {
  const Targets values{"y", {}, {}, {1, 2, 3, 6}, 1};
  const auto ranges_for = [&](const char* loss, const char* prediction, double shift) {
    std::vector<float> outputs;
    for (const double y : {1.0, 2.0, 3.0, 5.0})
      outputs.push_back(static_cast<float>(std::log(y + shift)));
    const Objective objective{loss, {}, TargetKind::values, prediction, {"rmse", "mae", "r2"}};
    const Scores scores = compute_metrics(objective, outputs, {1}, values, all_rows(4));
    constexpr double kRounding = 1e-5;  // of outputs and predictions of about 5 in float
    EXPECT_NEAR(find_score(scores, "rmse"), 0.5, kRounding);
    EXPECT_NEAR(find_score(scores, "mae"), 0.25, kRounding);
    EXPECT_NEAR(find_score(scores, "r2"), 1 - 1.0 / 14, kRounding);
    return score_ranges(objective, outputs, {1}, values, all_rows(4));
  };
  for (const ScoreRanges& ranges :
       {ranges_for("poisson", "exp", 0), ranges_for("mean_squared_log_error", "expm1", 1)}) {
    EXPECT_NEAR(ranges[0].baseline, std::sqrt((4 + 1 + 0 + 9) / 4.0), 1e-6);
    EXPECT_NEAR(ranges[2].baseline, 0, 1e-6);
  }
}

TEST(ScoreRanges, UsesTheShareOfABinaryLabel) {
  const Targets targets{"y", {0, 1, 1, 1}, {"a", "b"}, {}};
  const Objective objective{
      "sigmoid_cross_entropy", {}, TargetKind::probabilities, "sigmoid", {"accuracy"}};
  const ScoreRanges ranges =
      score_ranges(objective, std::vector<float>{1, 1, 1, -1}, {1}, targets, all_rows(4));
  EXPECT_EQ(ranges[0].baseline, 0.75);
}

TEST(ScoreRanges, HasNoIntervalWhereSamplesSayNothing) {
  const Draw few = draw_classes(10, 0.7, 1), right = draw_classes(100, 1, 1);
  for (const Draw& drawn : {few, right}) {
    const auto rows = std::ssize(drawn.targets.classes);
    const ScoreRanges ranges = score_ranges(classes_with({"accuracy", "f1"}), drawn.outputs, {2},
                                            drawn.targets, all_rows(rows));
    EXPECT_LT(ranges[0].low, ranges[0].high);
    EXPECT_TRUE(std::isnan(ranges[1].low));
  }
}

TEST(FinalObjective, AddsMetricsForUnevenClasses) {
  Targets targets{"y", {0, 0, 0, 1}, {"a", "b"}, {}};
  const Objective objective = classes_with({"accuracy"});
  EXPECT_EQ(final_objective(objective, targets, all_rows(4)).metrics,
            (std::vector<std::string>{"accuracy", "balanced_accuracy", "auc"}));
  EXPECT_EQ(final_objective(objective, targets, std::vector<std::int64_t>{0, 1, 3}).metrics.size(),
            1U);
}

}  // namespace
}  // namespace selfnorm
