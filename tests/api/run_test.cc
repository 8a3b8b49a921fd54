// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

// This file includes only public headers, like a program of a user.
class RunTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_.root); }
  void TearDown() override { fs::remove_all(folder_.root); }

  static RunConfig digits() {
    RunConfig config;
    config.data.source = "digits";
    config.data.validation_split = 0.2;
    config.default_network.hidden = {32};
    config.train.epochs = 2;
    return config;
  }

  const RunFolder folder_{fs::temp_directory_path() /
                          ("selfnorm-run-test-" + std::to_string(getpid()))};
};

TEST_F(RunTest, SummaryDescribesTheRun) {
  const RunSummary summary = selfnorm::Run(digits()).summary();
  EXPECT_EQ(summary.data, "digits");
  EXPECT_EQ(summary.train_rows + summary.validation_rows, 1438);
  EXPECT_EQ(summary.test_rows, 359);
  EXPECT_EQ(summary.parameters, 64 * 32 + 32 + 32 * 10 + 10);
  EXPECT_TRUE(summary.unseen_classes.empty());
}

TEST_F(RunTest, RunAgreesWithItsFolder) {
  selfnorm::Run run(digits());
  const RunResult result = run.execute(folder_);
  EXPECT_EQ(result.epochs, 2);
  const ModelAndRows test = open_model(folder_.root);
  EXPECT_EQ(test.split, "test");
  EXPECT_EQ(test.model.score(test.data, test.rows), result.test);
  const ModelAndRows validation = open_model(folder_.root, {}, "validation");
  EXPECT_EQ(validation.model.score(validation.data, validation.rows), result.validation);
  EXPECT_EQ(run.model().predict(test.data, test.rows).data,
            Model::load(folder_.model().string()).predict(test.data, test.rows).data);
  EXPECT_EQ(test.model.output_names(), test.model.class_names());
}

TEST_F(RunTest, InterruptedRunResumes) {
  selfnorm::Run whole(digits());
  const RunResult result = whole.execute(folder_);
  fs::remove_all(folder_.root);
  selfnorm::Run first(digits());
  int epochs = 0;
  TrainCallbacks stop;
  stop.on_epoch = [&](const EpochRecord& record) { epochs += record.epoch > 0 ? 1 : 0; };
  stop.should_stop = [&] { return epochs > 0; };
  EXPECT_THROW(first.execute(folder_, false, stop), Error);
  selfnorm::Run again(read_run_config(folder_.config()));
  EXPECT_EQ(again.execute(folder_, true).test, result.test);
}

TEST_F(RunTest, ConfigRoundTripsThroughToml) {
  const RunConfig config = selfnorm::Run(digits()).config();
  EXPECT_EQ(config.network.layers.size(), 5u) << "the default network is filled in";
  EXPECT_EQ(to_toml(parse_run_config(to_toml(config), "again")), to_toml(config));
}

TEST_F(RunTest, FailuresCreateNoFiles) {
  RunConfig config = digits();
  config.data.source = "nothing.csv";
  EXPECT_THROW(selfnorm::Run{config}, Error);
  EXPECT_THROW(open_model(folder_.root), Error);
  EXPECT_FALSE(fs::exists(folder_.root));
}

}  // namespace
}  // namespace selfnorm
