// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "api/run.h"
#include "base/file.h"
#include "openmp_threads.h"
#include "passes/inference_mode.h"
#include "selfnorm/error.h"
#include "selfnorm/model.h"
#include "train/history.h"
#include "trainer_fixture.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

RunConfig config() {
  RunConfig config;
  config.data.validation_split = 0.25;
  config.network.layers = {{"dense", {{"units", 16}}, "", {}, "", 1e-4},
                           {"selu"},
                           {"alpha_dropout", {{"rate", 0.1}}},
                           {"batch_norm", {{"momentum", 0.8}}},
                           {"dense", {{"units", 4}}}};
  config.train.optimizer.learning_rate = 0.02;
  config.train.epochs = 6;
  config.train.batch_size = 30;  // 300 training rows: ten steps per epoch
  config.train.schedule.name = "reduce_on_plateau";
  config.train.schedule.patience = 1;
  config.train.early_stopping.patience = 5;
  return config;
}

TEST_F(TrainerTest, Learns) {
  const RunResult result = train_run(config(), "run", false);
  ASSERT_EQ(result.validation.size(), 2u);
  EXPECT_EQ(result.validation[1].first, "accuracy");
  EXPECT_GT(result.validation[1].second, 0.9);
}

TEST_F(TrainerTest, WritesTheSameFileForTheSameSeed) {
  train_run(config(), "a", false);
  train_run(config(), "b", false);
  EXPECT_EQ(read_file(folder("a").model()), read_file(folder("b").model()));
  RunConfig other = config();
  other.train.seed = 2;
  train_run(other, "c", false);
  EXPECT_NE(read_file(folder("a").model()), read_file(folder("c").model()));
}

// The run is stopped twice: in the middle of an epoch, and at the end of one.
TEST_F(TrainerTest, ResumedMatchesUninterrupted) {
  for (const char* optimizer : {"adam", "sgd", "rmsprop", "adamw"}) {
    RunConfig c = config();
    c.train.optimizer.name = optimizer;
    train_run(c, "whole", false);
    EXPECT_THROW(train_run(c, "parts", false, 13), Error);
    EXPECT_THROW(train_run(c, "parts", true, 7), Error);
    train_run(c, "parts", true);
    EXPECT_EQ(read_file(folder("whole").model()), read_file(folder("parts").model())) << optimizer;
    const auto whole = read_history(folder("whole").history());
    const auto parts = read_history(folder("parts").history());
    ASSERT_EQ(whole.size(), parts.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(whole[i].training, parts[i].training) << i;
      EXPECT_EQ(whole[i].validation, parts[i].validation) << i;
    }
  }
}

TEST_F(TrainerTest, DoesNotResumeAnotherConfiguration) {
  EXPECT_THROW(train_run(config(), "run", false, 5), Error);
  RunConfig other = config();
  other.train.batch_size = 20;
  try {
    train_run(other, "run", true);
    FAIL() << "resumed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model_file);
  }
  RunConfig longer = config();
  longer.train.optimizer.learning_rate = 0.01;  // a way to continue a run that diverged
  longer.train.epochs = 7;
  EXPECT_EQ(train_run(longer, "run", true).epochs, 7);
}

TEST_F(TrainerTest, StopsAtANonFiniteLossAndNamesTheNode) {
  RunConfig c = config();
  c.train.optimizer.name = "sgd";
  c.train.optimizer.learning_rate = 1e30;
  try {
    train_run(c, "run", false);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::numeric);
    const std::string message = error.what();
    EXPECT_NE(message.find("step"), std::string::npos) << message;
    EXPECT_NE(message.find('\''), std::string::npos) << "no node named: " << message;
  }
  EXPECT_FALSE(fs::exists(folder("run").model()));
}

// The step that makes the weights infinite still has a finite loss.
TEST_F(TrainerTest, KeepsTheLastGoodCheckpoint) {
  RunConfig c = config();
  c.train.optimizer.name = "sgd";
  EXPECT_THROW(train_run(c, "run", false, 5), Error);
  const std::string good = read_file(folder("run").checkpoint());
  c.train.optimizer.learning_rate = 1e39;
  try {
    train_run(c, "run", true, 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::numeric) << error.what();
    EXPECT_NE(std::string(error.what()).find("after epoch 0, step 5 is kept"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(read_file(folder("run").checkpoint()), good);
}

TEST_F(TrainerTest, EarlyStoppingRestoresTheBestWeights) {
  RunConfig c = config();
  c.train.epochs = 60;
  c.train.early_stopping.patience = 2;
  const auto run = prepare_run(c, {clusters(400), std::nullopt});
  const auto numbers = [&] {
    const Weights& weights = run->model.weights;
    return std::vector<float>(weights.data(), weights.data() + weights.size());
  };
  std::vector<std::vector<float>> weights_after;
  TrainCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochRecord&) { weights_after.push_back(numbers()); };
  const RunResult result = execute_run(*run, folder("run"), false, callbacks);
  const auto history = read_history(folder("run").history());
  std::size_t best = 1;
  for (std::size_t epoch = 2; epoch < history.size(); ++epoch) {
    if (history[epoch].validation[0].second < history[best].validation[0].second) best = epoch;
  }
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(result.epochs, static_cast<std::int64_t>(best) + 2);
  EXPECT_EQ(result.best_epoch.value_or(-1), static_cast<std::int64_t>(best));
  EXPECT_EQ(numbers(), weights_after.at(best));
  EXPECT_NE(numbers(), weights_after.back());
  EXPECT_DOUBLE_EQ(result.validation[0].second, history[best].validation[0].second);
  EXPECT_FALSE(history.back().moments.empty());
}

TEST_F(TrainerTest, TracksNoBestEpochWithoutPatience) {
  RunConfig c = config();
  c.train.early_stopping.patience = 0;
  const RunResult result = train_run(c, "run", false);
  EXPECT_FALSE(result.stopped_early);
  EXPECT_FALSE(result.best_epoch.has_value());
  const auto history = read_history(folder("run").history());
  EXPECT_DOUBLE_EQ(result.validation[0].second, history.back().validation[0].second);
}

// The golden values are the losses of the first run of this training. Other instruction sets and
// thread counts sum in another order. After 60 steps, this gives relative differences far below
// 1e-3. A change of masks, initial weights, order of rows, optimizer or schedule changes the losses
// by percents. The first run computed the identity for alpha dropout at inference.
TEST_F(TrainerTest, LossesMatchGoldenValues) {
  RunConfig c = config();
  set_dropout_inference(c.network, "identity");
  c.data.shuffle_split = false;
  train_run(c, "run", false);
  std::ifstream golden(std::string(SELFNORM_SOURCE_DIR) + "/tests/golden/clusters_losses.csv");
  ASSERT_TRUE(golden.good());
  std::string header;
  std::getline(golden, header);
  std::size_t checked = 0;
  const auto history = read_history(folder("run").history());
  for (double epoch = 0, training = 0, validation = 0; golden >> epoch >> training >> validation;) {
    const EpochRecord& record = history.at(static_cast<std::size_t>(epoch));
    EXPECT_NEAR(record.training[0].second, training, 1e-3 * training) << "epoch " << epoch;
    EXPECT_NEAR(record.validation[0].second, validation, 1e-3 * validation) << "epoch " << epoch;
    ++checked;
  }
  EXPECT_EQ(checked, 6u);
}

TEST_F(TrainerTest, WatchesEveryLayerBeforeAndAfter) {
  train_run(config(), "run", false);
  const auto history = read_history(folder("run").history());
  ASSERT_FALSE(history.front().moments.empty());
  EXPECT_EQ(history.front().epoch, 0);
  EXPECT_EQ(history.front().moments[0].layer, "selu_1");
  // 256 rows of 16 units after SELU at its fixed point. With only two inputs, the draw of the
  // weights matters.
  EXPECT_NEAR(history.front().moments[0].variance, 1, 0.75);
}

TEST_F(TrainerTest, ModelFileIsComplete) {
  const Dataset data = clusters(400);
  RunConfig c = config();
  const Model model = train(c.network, data, c.train, c.data);
  const std::string path = (folder_ / "m.safetensors").string();
  model.save(path);
  const Model loaded = Model::load(path);
  EXPECT_EQ(loaded.evaluate(data), model.evaluate(data));
  const Tensor p = loaded.predict(data);
  EXPECT_EQ(p.shape, (Shape{400, 4}));
  EXPECT_NEAR(p.data[0] + p.data[1] + p.data[2] + p.data[3], 1, 1e-6);
}

TEST_F(TrainerTest, NamesLabelsOutOfRange) {
  RunConfig c = config();
  c.network.layers.back().attributes["units"] = std::int64_t{3};
  try {
    train_run(c, "run", false);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_NE(std::string(error.what()).find("class indices range from 0 to 3"), std::string::npos)
        << error.what();
  }
}

// Otherwise the model file would name classes that the network cannot predict.
TEST_F(TrainerTest, NamesClassesWithoutOutputs) {
  Dataset data = clusters(400);
  data.targets.class_names.push_back("e");
  try {
    const auto run = prepare_run(config(), {std::move(data), std::nullopt});
    Trainer(run->model, run->rows, run->config.train, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_NE(std::string(error.what()).find("has 5 classes, but the network has outputs for 4"),
              std::string::npos)
        << error.what();
  }
}

// The targets come from a convolution with the same kernel size, so training reaches a loss of
// nearly 0. Loss and metrics compare the same elements.
TEST_F(TrainerTest, ComparesImageTargetsElementByElement) {
  constexpr std::int64_t kRows = 64, kSide = 4, kOut = 3, kChannels = 2;
  const float weights[kChannels][4] = {{1, -1, 0.5, 2}, {-2, 0.5, 1, -1}};
  Dataset data{"images", kRows, {}, {}};
  std::vector<float> x;
  for (std::uint64_t i = 0; i < kRows * kSide * kSide; ++i) {
    x.push_back(static_cast<float>(normal(random_key(2, "images", "x"), i)));
  }
  data.targets.name = "y";
  data.targets.width = kChannels * kOut * kOut;
  for (std::int64_t n = 0; n < kRows; ++n) {
    for (const auto& w : weights) {
      for (std::int64_t at = 0; at < kOut * kOut; ++at) {
        const float* corner = x.data() + n * kSide * kSide + at / kOut * kSide + at % kOut;
        data.targets.values.push_back(w[0] * corner[0] + w[1] * corner[1] + w[2] * corner[kSide] +
                                      w[3] * corner[kSide + 1]);
      }
    }
  }
  data.inputs.push_back({"image", {1, kSide, kSide}, std::move(x), {}});
  RunConfig c;
  c.data.validation_split = 0.25;
  c.network.layers = {{"conv2d", {{"channels", kChannels}, {"kernel", Shape{2, 2}}}}};
  c.train.optimizer.learning_rate = 0.2;
  c.train.epochs = c.train.checkpoint_every = 100;
  c.train.batch_size = 48;  // one step per epoch, so the loss is that of one set of weights
  execute_run(*prepare_run(c, {data, std::nullopt}), folder("run"), false, {});
  for (const EpochRecord& record : read_history(folder("run").history())) {
    for (const Scores* scores : {&record.training, &record.validation}) {
      if (scores->empty()) continue;
      const double loss = (*scores)[0].second, rmse = (*scores)[1].second;
      EXPECT_NEAR(rmse * rmse, loss, 1e-5 * loss) << "epoch " << record.epoch;
    }
  }
  EXPECT_LT(read_history(folder("run").history()).back().validation[0].second, 1e-3);
}

// Masks and initial weights have the same bits. Another number of threads splits sums into other
// parts.
TEST_F(TrainerTest, ThreadCountChangesOnlyRounding) {
  SKIP_UNDER_THREAD_SANITIZER();
  std::vector<double> losses;
  for (const int n : {1, 2}) {
    const ScopedOpenMpThreads set(n);
    RunConfig c = config();
    c.train.epochs = 1;
    train_run(c, "t" + std::to_string(n), false);
    losses.push_back(
        read_history(folder("t" + std::to_string(n)).history()).back().training[0].second);
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-4 * losses[0]);
}

}  // namespace
}  // namespace selfnorm
