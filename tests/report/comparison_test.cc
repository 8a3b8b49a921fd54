// SPDX-License-Identifier: Apache-2.0
#include "report/comparison.h"

#include <gtest/gtest.h>

#include <cmath>

#include "api/comparison_json.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

EpochRecord epoch(std::int64_t number, double seconds, double accuracy) {
  EpochRecord record;
  record.epoch = number;
  record.seconds = seconds;
  record.validation = {{"loss", 1 - accuracy}, {"accuracy", accuracy}};
  return record;
}

Trial trial() { return {1, {epoch(1, 2, 0.5), epoch(2, 3, 0.75), epoch(3, 2, 0.625)}, {}, ""}; }

TEST(Comparison, ScoresByEpochByTimeAndBestEpoch) {
  EXPECT_EQ(score_after_epoch(trial(), "accuracy", 2), 0.75);
  EXPECT_EQ(score_after_epoch(trial(), "accuracy", 9), 0.625);  // stopped early
  EXPECT_EQ(score_at_time(trial(), "accuracy", 5), 0.75);
  EXPECT_EQ(score_at_time(trial(), "accuracy", 4.9), 0.5);
  EXPECT_TRUE(std::isnan(score_at_time(trial(), "accuracy", 1.9)));
  EXPECT_EQ(best_score(trial(), "accuracy"), 0.75);
  EXPECT_EQ(best_score(trial(), "loss"), 0.25);
  EXPECT_EQ(seconds_until_epoch_end(trial(), 2), 5);
  EXPECT_TRUE(std::isnan(seconds_until_epoch_end(trial(), 4)));
  EXPECT_EQ(median_epoch_seconds(trial()), 2);
}

TEST(Comparison, FailedTrialHasNoScoreAfterItsLastEpoch) {
  Trial failed = trial();
  failed.failure = "the loss became NaN";
  EXPECT_EQ(score_after_epoch(failed, "accuracy", 3), 0.625);
  EXPECT_TRUE(std::isnan(score_after_epoch(failed, "accuracy", 4)));
}

TEST(Comparison, FailedTrialHasNoScoreAfterItsLastSecond) {
  Trial failed = trial();
  failed.failure = "the loss became NaN";
  EXPECT_EQ(score_at_time(failed, "accuracy", 7), 0.625);
  EXPECT_TRUE(std::isnan(score_at_time(failed, "accuracy", 7.1)));
}

TEST(Comparison, SpreadsIgnoreMissingValues) {
  const TrialStatistics statistics = trial_statistics({1, std::nan(""), 3});
  EXPECT_EQ(statistics.mean, 2);
  EXPECT_EQ(statistics.standard_deviation, std::sqrt(2.0));
  EXPECT_EQ(statistics.count, 2);
  EXPECT_EQ(to_string(trial_statistics({0.5})), "0.5000");
  EXPECT_EQ(to_string(trial_statistics({})), "-");
  EXPECT_EQ(to_string(trial_statistics({3e-5, 1e-5})), "2.000e-05 ± 1.414e-05");
}

Comparison two() {
  Trial failed{1, {epoch(1, 4, 0.25)}, {}, "numeric: not a number"};
  return {"accuracy", {{"a|b", "", 7, {trial()}}, {"c", "", 8, {failed}}}};
}

TEST(Comparison, MarkdownContainsBothTablesAndFailures) {
  const std::string text = comparison_markdown(two(), {1, 3});
  EXPECT_NE(text.find("| a\\|b | 1 | 7 | 0.5000 | 0.6250 | 0.7500 | - | 2 |"), std::string::npos)
      << text;
  EXPECT_NE(text.find("| c | 1, 1 failed | 8 | 0.2500 | - | 0.2500 | - | 4 |"), std::string::npos)
      << text;
  EXPECT_NE(text.find("| configuration | accuracy after 2 s | accuracy after 7 s |"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("c, seed 1, did not finish: numeric: not a number"), std::string::npos)
      << text;
}

TEST(Comparison, TabulatedEpochs) {
  EXPECT_EQ(tabulated_epochs(two()), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(tabulated_epochs({}), std::vector<std::int64_t>{});
}

TEST(Comparison, RoundTripsThroughJson) {
  const Comparison there = two(), back = parse_comparison(comparison_json(there));
  EXPECT_EQ(comparison_json(back), comparison_json(there));
  EXPECT_EQ(back.contenders[1].trials[0].failure, "numeric: not a number");
  EXPECT_EQ(best_score(back.contenders[0].trials[0], "accuracy"), 0.75);
  for (const char* damaged : {"", "{}", "[1]", R"({"metric": 1, "contenders": []})",
                              R"({"metric": "a", "contenders": [{"name": "a"}]})",
                              R"({"metric": "a", "contenders": [{"name": "a", "parameters": 1,
                                  "configuration": "", "trials": [{"seed": 1, "failure": null,
                                  "test": {}, "epochs": [{}]}]}]})"}) {
    EXPECT_THROW(parse_comparison(damaged), Error) << damaged;
  }
}

// Two of the 20 ways to divide six numbers put the three largest together. Equal groups have the
// smallest difference.
TEST(Comparison, SignificanceIsAnExactPermutationTest) {
  EXPECT_DOUBLE_EQ(permutation_test_p_value({4, 5, 6}, {1, 2, 3}), 2.0 / 20);
  EXPECT_DOUBLE_EQ(permutation_test_p_value({1, 2, 3}, {1, 2, 3}), 1);
  EXPECT_DOUBLE_EQ(permutation_test_p_value({7}, {1}), 1);  // one division and its mirror image
  EXPECT_DOUBLE_EQ(permutation_test_p_value({.91, .95, .9}, {.95, .91, .9}),
                   1);  // except for rounding
  EXPECT_TRUE(std::isnan(permutation_test_p_value({}, {1})));
  // Too many divisions to enumerate are sampled. One of 10,400,600 has this difference.
  EXPECT_NEAR(permutation_test_p_value(std::vector<double>(13, 1), std::vector<double>(13, 2)), 0,
              1e-4);
  EXPECT_EQ(permutation_test_p_value(std::vector<double>(13, 1), std::vector<double>(13, 1)), 1);
}

std::string verdict_of_two(const std::vector<double>& one, const std::vector<double>& two) {
  Comparison comparison{"accuracy", {{"one", "", 1, {}}, {"two", "", 1, {}}}};
  for (const double score : one)
    comparison.contenders[0].trials.push_back({1, {epoch(1, 1, score)}, {}, ""});
  for (const double score : two)
    comparison.contenders[1].trials.push_back({1, {epoch(1, 1, score)}, {}, ""});
  return comparison_document(comparison)["verdict"][0]["text"];
}

TEST(Comparison, VerdictMentionsPossibleChance) {
  EXPECT_EQ(verdict_of_two({.5, .6, .7}, {.8, .9, 1}),
            "At the best epoch of each training, 'two' leads: accuracy 0.9000 ± 0.1000. 'one' "
            "follows with 0.6000 ± 0.1000 (p = 0.1, so the difference may be due to chance).");
  EXPECT_TRUE(verdict_of_two({.5, .6, .7, .75}, {.8, .9, .95, 1}).ends_with("(p = 0.029)."));
}

TEST(Comparison, DocumentContainsCurvesResultsAndFailures) {
  Trial failed = trial();
  failed.failure = "the loss became NaN";
  const Comparison comparison{
      "accuracy", {{"one", "a = 1", 10, {trial(), trial()}}, {"two", "", 20, {failed}}}};
  const Json document = comparison_document(comparison);
  const Json& first = document["comparison"]["contenders"][0];
  EXPECT_EQ(first["by_epoch"][1], Json::array({2, 0.75, 0.0}));
  EXPECT_EQ(first["by_second"][1], Json::array({5.0, 0.75, 0.0}));
  EXPECT_EQ(document["comparison"]["rows"].size(), 2u);
  EXPECT_EQ(document["comparison"]["significance"]["rows"].size(), 1u);
  EXPECT_EQ(document["verdict"][0]["level"], "good");
  EXPECT_EQ(document["verdict"][1]["level"], "error");
  EXPECT_TRUE(document["comparison"]["significance"]["rows"][0][3].is_null());  // no trial finished
}

}  // namespace
}  // namespace selfnorm
