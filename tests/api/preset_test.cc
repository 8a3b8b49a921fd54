// SPDX-License-Identifier: Apache-2.0
// Tests which options a preset chooses.
#include "api/preset.h"

#include <gtest/gtest.h>

#include <cmath>

#include "optim/schedule.h"
#include "selfnorm/error.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

Dataset table_with(Targets targets) {
  return {"t", 4, {{"x", {1}, std::vector<float>{1, 2, 3, 4}, {"x"}}}, std::move(targets)};
}
Dataset classes() { return table_with({"y", {0, 1, 1, 0}, {"a", "b"}, {}}); }
Dataset numbers() { return table_with({"y", {}, {}, {1, 2, 3, 4}, 1}); }

RunConfig config_with(const std::string& preset) {
  RunConfig config;
  config.preset = preset;
  return config;
}

TEST(Preset, ChoosesNothingUnlessAsked) {
  RunConfig config;
  EXPECT_EQ(apply_preset(config, classes(), 1000), "none");
  EXPECT_EQ(to_toml(config), to_toml(RunConfig()));
}

TEST(Preset, LengthIsInStepsWithinBounds) {
  const auto epochs = [](const std::string& preset, std::int64_t rows) {
    RunConfig config = config_with(preset);
    apply_preset(config, numbers(), rows);
    return config.train.epochs;
  };
  EXPECT_EQ(epochs("default", 100), 300);
  EXPECT_EQ(epochs("default", 1'000'000), 10);
  RunConfig config = config_with("default");
  apply_preset(config, numbers(), 2000);
  const double steps = static_cast<double>(config.train.epochs) * 2000 /
                       static_cast<double>(config.train.batch_size);
  EXPECT_NEAR(steps, 1500, 50);
  EXPECT_EQ(epochs("default", 2000), 24);
  EXPECT_EQ(epochs("fast", 2000), 16);
  EXPECT_EQ(epochs("best", 2000), 48);
}

TEST(Preset, ChoosesTheNumberOfMembers) {
  const auto members = [](const std::string& preset, double split) {
    RunConfig config = config_with(preset);
    config.data.validation_split = split;
    choose_members(config);
    return config.default_network.members;
  };
  EXPECT_EQ(members("none", 0.1), 1);
  EXPECT_EQ(members("fast", 0.1), 1);
  EXPECT_EQ(members("default", 0.1), 2);
  EXPECT_EQ(members("best", 0.1), 8);
  EXPECT_EQ(members("best", 0), 8);
  EXPECT_EQ(members("best", 0.2), 5);  // each can hold out other rows
  EXPECT_EQ(members("default", 0.7), 1);
}

TEST(Preset, WeightDecayIsStrongForFewRowsWithClasses) {
  // By what a weight without a gradient is multiplied in the whole training, with the rate of each
  // step from the schedule.
  const auto shrinkage = [](const Dataset& data, std::int64_t rows) {
    RunConfig config = config_with("default");
    apply_preset(config, data, rows);
    const OptimizerOptions& optimizer = config.train.optimizer;
    const std::int64_t batches = (rows + 31) / 32;
    const Schedule schedule(config.train.schedule, optimizer.learning_rate, batches,
                            static_cast<double>(config.train.epochs));
    double product = 1;
    for (std::int64_t step = 0; step < config.train.epochs * batches; ++step)
      product *= 1 - schedule.learning_rate(step) * optimizer.weight_decay;
    return product;
  };
  EXPECT_NEAR(std::log(shrinkage(classes(), 300)), -3, 0.2);
  EXPECT_NEAR(std::log(shrinkage(classes(), 600)), -0.75, 0.05);
  EXPECT_NEAR(std::log(shrinkage(numbers(), 300)), -0.5, 0.03);
  EXPECT_GT(shrinkage(classes(), 5000), 0.98);
}

TEST(Preset, LeavesGivenOptionsAlone) {
  RunConfig config = config_with("default");
  config.train.epochs = 3;
  config.train.optimizer.name = "sgd";
  config.default_network.hidden = {7};
  config.given = {"epochs", "optimizer", "hidden"};
  apply_preset(config, classes(), 1000);
  EXPECT_EQ(config.train.epochs, 3);
  EXPECT_EQ(config.train.optimizer.name, "sgd");
  EXPECT_EQ(config.train.optimizer.learning_rate, OptimizerOptions().learning_rate);
  EXPECT_EQ(config.default_network.hidden, std::vector<std::int64_t>{7});
  EXPECT_EQ(config.train.schedule.name, "cosine");
}

TEST(Preset, SmoothsTheLabelsOfImages) {
  const auto smoothing = [](Targets targets, const Settings& given) {
    RunConfig config = config_with("default");
    config.train.loss_attributes = given;
    const std::vector<std::uint8_t> pixels(4 * 9);
    apply_preset(config, {"images", 4, {{"x", {1, 3, 3}, pixels}}, std::move(targets)}, 1000);
    return config.train.loss_attributes;
  };
  const Settings none = {{"label_smoothing", 0.0}};
  EXPECT_EQ(smoothing(classes().targets, {}), (Settings{{"label_smoothing", 0.02}}));
  EXPECT_EQ(smoothing(classes().targets, none), none);
  EXPECT_TRUE(smoothing(numbers().targets, {}).empty());
  RunConfig table = config_with("default");
  apply_preset(table, classes(), 1000);
  EXPECT_TRUE(table.train.loss_attributes.empty());
}

TEST(Preset, AGivenRateIsThatOfTheChosenOptimizer) {
  RunConfig config = config_with("default");
  config.train.optimizer.learning_rate = 0.5;
  config.given = {"optimizer.learning_rate"};
  apply_preset(config, classes(), 1000);
  EXPECT_EQ(config.train.optimizer.name, "adamw");
  EXPECT_EQ(config.train.optimizer.learning_rate, 0.5);
}

// The scores of the validation rows must not have chosen the epoch.
TEST(Preset, KeepsTheLastEpochUnlessAsked) {
  RunConfig config = config_with("default");
  apply_preset(config, classes(), 1000);
  EXPECT_FALSE(tracks_best_epoch(config.train.early_stopping));
  config = config_with("default");
  config.train.early_stopping.patience = 3;
  config.given = {"early_stopping.patience"};
  apply_preset(config, classes(), 1000);
  EXPECT_EQ(config.train.early_stopping.patience, 3);
  EXPECT_EQ(config.train.early_stopping.restore_margin, 0);
}

TEST(Preset, IsForTheDefaultNetwork) {
  RunConfig config = config_with("auto");
  config.network.layers = {{"dense", {{"units", std::int64_t{2}}}}};
  EXPECT_EQ(apply_preset(config, classes(), 1000), "none");
  EXPECT_EQ(config.train.epochs, TrainOptions().epochs);
  config.preset = "fast";
  EXPECT_THROW(apply_preset(config, classes(), 1000), Error);
  RunConfig data_only = parse_run_config("[data]\nsource = \"t.csv\"\n[train]\nepochs = 4\n", "x");
  EXPECT_EQ(apply_preset(data_only, classes(), 1000), "default");
  EXPECT_EQ(data_only.train.epochs, 4);
  EXPECT_EQ(data_only.train.schedule.name, "cosine");
}

}  // namespace
}  // namespace selfnorm
