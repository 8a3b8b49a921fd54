// SPDX-License-Identifier: Apache-2.0
// Tests the comparison of two sets of weights on validation rows.
#include "train/weight_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/split.h"
#include "train/history.h"
#include "train/trainer_fixture.h"

namespace selfnorm {
namespace {

RunConfig small_config() {
  RunConfig config;
  config.data.validation_split = 0.25;
  config.network.layers = {{"dense", {{"units", 16}}}, {"selu"}, {"dense", {{"units", 4}}}};
  config.train.optimizer.learning_rate = 0.02;
  config.train.epochs = 6;
  return config;
}

class WeightComparisonTest : public TrainerTest {
 protected:
  // A network before its training, and weights after it.
  void SetUp() override {
    TrainerTest::SetUp();
    RunConfig c = small_config();
    run_ = prepare_run(c, {clusters(400), std::nullopt});
    trained_ = prepare_run(c, {clusters(400), std::nullopt});
    execute_run(*trained_, folder("run"), false, {});
  }
  double better(std::int64_t rows, const std::string& score) {
    Evaluator evaluator(run_->model, {.loss = true});
    const std::vector<std::int64_t> which = all_rows(rows);
    return standard_errors_better(run_->model, trained_->model.weights, evaluator, run_->train,
                                  which, score);
  }
  // The cross-entropy of each of the first rows, by its definition.
  static std::vector<double> losses(PreparedRun& run, std::int64_t rows) {
    const std::vector<std::int64_t> which = all_rows(rows);
    const std::vector<float> outputs =
        Evaluator(run.model, {.loss = true}).outputs(run.train, which);
    const std::size_t width = outputs.size() / which.size();
    std::vector<double> all;
    for (std::size_t row = 0; row < which.size(); ++row) {
      double sum = 0;
      for (std::size_t i = 0; i < width; ++i) sum += std::exp(double{outputs[row * width + i]});
      const auto label = static_cast<std::size_t>(run.train.targets.classes[row]);
      all.push_back(std::log(sum) - outputs[row * width + label]);
    }
    return all;
  }

  std::unique_ptr<PreparedRun> run_, trained_;
};

TEST_F(WeightComparisonTest, IsThePairedDifferenceOverItsStandardError) {
  constexpr std::int64_t kRows = 20;  // fewer than groups, so each row is one
  const std::vector<double> before = losses(*run_, kRows), after = losses(*trained_, kRows);
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < before.size(); ++i) mean += (before[i] - after[i]) / kRows;
  for (std::size_t i = 0; i < before.size(); ++i)
    variance += std::pow(before[i] - after[i] - mean, 2) / (kRows - 1);
  const double want = mean / std::sqrt(variance / kRows);
  EXPECT_GT(want, 2);
  EXPECT_NEAR(better(kRows, "loss"), want, 1e-4 * want);
}

TEST_F(WeightComparisonTest, LeavesTheWeightsOfTheModelAlone) {
  const std::vector<double> before = losses(*run_, 50);
  EXPECT_GT(better(200, "accuracy"), 2);
  EXPECT_EQ(losses(*run_, 50), before);
}

TEST_F(WeightComparisonTest, IsUndefinedForASingleRow) {
  EXPECT_TRUE(std::isnan(better(1, "loss")));
  EXPECT_TRUE(std::isnan(better(100, "r2")));  // not a metric of classes
}

TEST_F(WeightComparisonTest, EqualWeightsAreNotBetter) {
  Evaluator evaluator(run_->model, {.loss = true});
  const std::vector<std::int64_t> rows = {0, 1, 2, 3, 4};
  EXPECT_EQ(standard_errors_better(run_->model, Weights(run_->model.weights), evaluator,
                                   run_->train, rows, "loss"),
            0);
}

TEST_F(WeightComparisonTest, TrainingEndsWithTheLastWeightsUnlessTheBestAreClearlyBetter) {
  RunConfig c = small_config();
  c.train.epochs = 20;
  for (const double margin : {0.0, 1000.0}) {
    c.train.early_stopping.patience = margin == 0 ? 20 : 0;
    c.train.early_stopping.restore_margin = margin;
    const RunResult result = train_run(c, "run", false);
    const auto history = read_history(folder("run").history());
    const auto best = static_cast<std::size_t>(result.best_epoch.value_or(0));
    ASSERT_LT(best + 1, history.size());
    const EpochRecord& kept = margin == 0 ? history[best] : history.back();
    EXPECT_EQ(result.has_best_weights, margin == 0);
    EXPECT_DOUBLE_EQ(result.validation[0].second, kept.validation[0].second);
  }
}

}  // namespace
}  // namespace selfnorm
