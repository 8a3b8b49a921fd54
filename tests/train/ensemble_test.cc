// SPDX-License-Identifier: Apache-2.0
// Ensembles: each member trains as it would alone, on rows that exclude its own fold.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/index.h"
#include "data/split.h"
#include "selfnorm/error.h"
#include "train/evaluator.h"
#include "train/history.h"
#include "train/trainer_fixture.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kMembers = 3, kUnits = 8, kClasses = 4, kRows = 200;

// A network of this many members, which are the first ones of an ensemble of kMembers.
RunConfig config_of(std::int64_t members) {
  RunConfig config;
  config.data.validation_split = 0.2;
  config.data.stratify_split = false;  // the folds must not depend on the targets
  config.network.layers = {{"dense", {{"units", members * kUnits}}},
                           {"selu"},
                           {"dense", {{"units", members * kUnits}, {"groups", members}}},
                           {"selu"},
                           {"dense", {{"units", members * kClasses}, {"groups", members}}},
                           {"average_members", {{"members", members}}}};
  config.train.optimizer.name = "sgd";
  config.train.optimizer.learning_rate = 0.1;
  config.train.epochs = 3;
  return config;
}

// The weights of one member: a contiguous part of each array, since its units are the first axis.
std::vector<float> weights_of(const Weights& weights, std::int64_t member, std::int64_t members) {
  std::vector<float> all;
  for (const WeightEntry& entry : weights.entries()) {
    const std::vector<float> values = weights.get(entry);
    const std::int64_t size = std::ssize(values) / members;
    all.insert(all.end(), values.begin() + member * size, values.begin() + (member + 1) * size);
  }
  return all;
}

void set_weights(Weights& weights, const std::vector<float>& values) {
  auto next = values.begin();
  for (const WeightEntry& entry : weights.entries()) {
    const auto count = std::ssize(weights.get(entry));
    weights.set(entry, std::vector<float>(next, next + count));
    next += count;
  }
}

class EnsembleTest : public TrainerTest {
 protected:
  std::unique_ptr<PreparedRun> trained(const RunConfig& config, const Dataset& data,
                                       const std::string& name) {
    auto run = prepare_run(config, {data, std::nullopt});
    execute_run(*run, folder(name), false, {});
    return run;
  }
};

TEST_F(EnsembleTest, TargetsOfAFoldDoNotReachItsMember) {
  const RunConfig config = config_of(kMembers);
  const auto before = trained(config, clusters(kRows), "before");
  Dataset changed = clusters(kRows);
  for (std::int64_t row = 0; row < kRows; ++row)
    if (before->train.folds[as_index(row)] == 1)
      changed.targets.classes[as_index(row)] = (changed.targets.classes[as_index(row)] + 1) % 4;
  const auto after = trained(config, changed, "after");
  ASSERT_EQ(before->train.folds, after->train.folds);
  for (std::int64_t member = 0; member < kMembers; ++member) {
    const bool is_equal = weights_of(before->model.weights, member, kMembers) ==
                          weights_of(after->model.weights, member, kMembers);
    EXPECT_EQ(is_equal, member == 1) << member;
  }
}

TEST_F(EnsembleTest, ScoresEachRowByTheMemberThatDidNotTrainOnIt) {
  const auto run = trained(config_of(kMembers), clusters(kRows), "run");
  std::vector<float> outputs;
  Evaluator(run->model, {.loss = true}).score(run->train, run->rows.validation_rows, &outputs);
  for (std::int64_t member = 0; member < kMembers; ++member) {
    const auto alone = prepare_run(config_of(1), {clusters(kRows), std::nullopt});
    set_weights(alone->model.weights, weights_of(run->model.weights, member, kMembers));
    alone->model.schema = run->model.schema;
    const std::vector<float> want =
        Evaluator(alone->model, {}).outputs(run->train, run->rows.validation_rows);
    for (std::size_t i = 0; i < run->rows.validation_rows.size(); ++i) {
      if (run->train.folds[as_index(run->rows.validation_rows[i])] != member) continue;
      for (std::size_t k = 0; k < kClasses; ++k)
        EXPECT_NEAR(outputs[i * kClasses + k], want[i * kClasses + k], 1e-5);
    }
  }
}

// The sums of the products are in another order, so weights differ by roundings, which a few steps
// at this rate hardly amplify.
TEST_F(EnsembleTest, EachMemberTrainsAsItWouldAlone) {
  RunConfig config = config_of(kMembers);
  config.data.validation_split = 0;
  RunConfig single = config_of(1);
  single.data.validation_split = 0;
  const auto run = prepare_run(config, {clusters(kRows), std::nullopt});
  const auto alone = prepare_run(single, {clusters(kRows), std::nullopt});
  set_weights(alone->model.weights, weights_of(run->model.weights, 2, kMembers));
  execute_run(*run, folder("run"), false, {});
  execute_run(*alone, folder("alone"), false, {});
  const std::vector<float> got = weights_of(run->model.weights, 2, kMembers);
  const std::vector<float> want = weights_of(alone->model.weights, 0, 1);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-4) << i;
}

TEST_F(EnsembleTest, ResumesToTheSameWeights) {
  const RunConfig config = config_of(kMembers);
  const auto whole = trained(config, clusters(kRows), "whole");
  auto stopped = prepare_run(config, {clusters(kRows), std::nullopt});
  int steps = 0;
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepProgress&) { ++steps; };
  callbacks.should_stop = [&] { return steps >= 9; };
  EXPECT_THROW(execute_run(*stopped, folder("stopped"), false, callbacks), Error);
  auto resumed = prepare_run(config, {clusters(kRows), std::nullopt});
  execute_run(*resumed, folder("stopped"), true, {});
  EXPECT_EQ(weights_of(whole->model.weights, 0, 1), weights_of(resumed->model.weights, 0, 1));
}

TEST_F(EnsembleTest, HoldsOutTheSameRowsForAllMembersThatShareALayer) {
  RunConfig config = config_of(kMembers);
  config.network.layers.insert(config.network.layers.begin(), {"dense", {{"units", 5}}});
  const auto run = prepare_run(config, {clusters(kRows), std::nullopt});
  EXPECT_TRUE(run->train.folds.empty());
  EXPECT_EQ(run->rows.validation_rows.size(), 40U);
  EXPECT_EQ(run->rows.train_rows.size(), 160U);
}

}  // namespace
}  // namespace selfnorm
