// SPDX-License-Identifier: Apache-2.0
// Batches of one row, over which batch_norm cannot normalize.
#include <gtest/gtest.h>

#include <cmath>

#include "api/run.h"
#include "selfnorm/error.h"
#include "train/batches.h"
#include "trainer_fixture.h"

namespace selfnorm {
namespace {

using SingleRowTest = TrainerTest;

TEST(EpochBatches, JoinsASingleRowToTheBatchBeforeIt) {
  const auto sizes = [](std::int64_t rows, std::int64_t batch, bool joins) {
    const EpochBatches batches{rows, batch, joins};
    std::vector<std::int64_t> list;
    std::int64_t next = 0;
    for (std::int64_t step = 0; step < batches.count(); ++step) {
      EXPECT_EQ(batches.first(step), next);
      next = batches.end(step);
      list.push_back(next - batches.first(step));
    }
    EXPECT_EQ(next, rows);
    return list;
  };
  using Sizes = std::vector<std::int64_t>;
  EXPECT_EQ(sizes(65, 32, true), (Sizes{32, 33}));
  EXPECT_EQ(sizes(65, 32, false), (Sizes{32, 32, 1}));
  EXPECT_EQ(sizes(66, 32, true), (Sizes{32, 32, 2}));
  EXPECT_EQ(sizes(64, 32, true), (Sizes{32, 32}));
  EXPECT_EQ(sizes(5, 2, true), (Sizes{2, 3}));
  EXPECT_EQ(sizes(1, 32, true), (Sizes{1}));
  EXPECT_EQ(sizes(3, 1, true), (Sizes{1, 1, 1}));
}

// Without learning, the running statistics tend to those of the rows, which are one batch of 33. A
// batch of one row would pull the variance toward 0.
TEST_F(SingleRowTest, ASingleRowDoesNotSpoilBatchStatistics) {
  constexpr std::int64_t kRows = 33;
  RunConfig c;
  c.data.validation_split = 0;
  c.data.standardize = false;
  c.network.layers = {{"batch_norm", {{"momentum", 0.8}}, "bn"}, {"dense", {{"units", 4}}}};
  c.train.optimizer.name = "sgd";
  c.train.optimizer.learning_rate = 1e-9;
  c.train.epochs = 80;
  c.train.batch_size = 32;
  const Dataset data = clusters(kRows);
  const auto run = prepare_run(c, {data, std::nullopt});
  EXPECT_EQ(execute_run(*run, folder("run"), false, {}).steps, 80);
  const auto& x = std::get<std::vector<float>>(data.inputs[0].values);
  for (std::size_t k = 0; k < 2; ++k) {
    double mean = 0, square = 0;
    for (std::size_t i = k; i < x.size(); i += 2) {
      mean += x[i] / static_cast<double>(kRows);
      square += double{x[i]} * x[i] / static_cast<double>(kRows);
    }
    const double variance = square - mean * mean;
    const auto state = [&](const char* name) {
      const WeightEntry& entry = *run->model.weights.find(name);
      return run->model.weights.data()[static_cast<std::size_t>(entry.offset) + k];
    };
    // Both start at other values, of which 0.8^80 is left. The rest is rounding.
    EXPECT_NEAR(state("bn.running_mean"), mean, 1e-5 * std::sqrt(square));
    EXPECT_NEAR(state("bn.running_variance"), variance, 1e-5 * square);
  }
}

TEST_F(SingleRowTest, RejectsBatchNormOfSingleRows) {
  const auto train = [&](const std::vector<Layer>& layers, std::int64_t rows, std::int64_t batch) {
    RunConfig c;
    c.data.validation_split = 0;
    c.network.layers = layers;
    c.train.epochs = 1;
    c.train.batch_size = batch;
    const auto run = prepare_run(c, {clusters(rows), std::nullopt});
    execute_run(*run, folder("run"), false, {});
  };
  const Layer dense{"dense", {{"units", std::int64_t{4}}}};
  const auto message = [&](std::int64_t rows, std::int64_t batch) -> std::string {
    try {
      train({dense, {"batch_norm", {}, "bn"}, dense}, rows, batch);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::config);
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message(8, 1).find("'bn' (batch_norm)"), std::string::npos) << message(8, 1);
  EXPECT_NE(message(8, 1).find("set batch_size to 2"), std::string::npos) << message(8, 1);
  EXPECT_EQ(message(8, 2), "no error");
  train({dense, {"layer_norm"}, dense}, 8, 1);
  // An image has several values of a feature.
  const Layer image{"reshape", {{"shape", std::vector<std::int64_t>{1, 1, 2}}}};
  train({image, {"batch_norm"}, {"flatten"}, dense}, 8, 1);
}

}  // namespace
}  // namespace selfnorm
