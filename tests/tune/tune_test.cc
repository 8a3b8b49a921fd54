// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/tune.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/random.h"
#include "selfnorm/error.h"
#include "temporary_files.h"
#include "train/temperature.h"

namespace selfnorm {
namespace {

// Two interleaved classes of points, with a word that says nothing.
std::string csv_of(int rows) {
  std::string text = "x,z,word,y\n";
  for (int i = 0; i < rows; ++i) {
    const auto draw = [&](const char* name) {
      return normal(random_key(3, "tune test", name), static_cast<std::uint64_t>(i));
    };
    const double x = draw("x"), z = draw("z");
    text += fmt::format("{:.4f},{:.4f},w{},{}\n", x, z, i % 3,
                        x * z + 0.3 * draw("noise") > 0 ? "yes" : "no");
  }
  return text;
}

class TuneTest : public TemporaryFolderTest {
 protected:
  RunConfig config(int rows = 150) const {
    RunConfig config;
    config.data.source = write("table.csv", csv_of(rows)).string();
    config.data.target = "y";
    config.preset = "auto";
    config.train.epochs = 9;
    config.given = {"epochs"};
    return config;
  }
  TuneFolder folder(const std::string& name) const { return TuneFolder(folder_ / name); }

  std::string config_error(const RunConfig& run, const std::string& name,
                           const TuneOptions& options = {.trials = 2}, bool resume = false) const {
    try {
      tune(run, folder(name), options, resume);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::config) << error.what();
      return error.what();
    }
    return "";
  }
};

// What a search found, without the times.
std::string found(const TuneResult& result) {
  std::string text = result.metric;
  for (const TuneTrial& trial : result.trials) {
    text += fmt::format("\n{} {} {}", trial.id, trial.rung, trial.epochs);
    for (const auto& [name, value] : trial.scores) text += fmt::format(" {} {}", name, value);
  }
  for (const std::int64_t id : result.ensemble) text += fmt::format("\nuses {}", id);
  return text;
}

TEST_F(TuneTest, FindsTheSameWithAnyNumberOfJobsAndInterruptions) {
  const TuneOptions one{.trials = 12, .jobs = 1}, three{.trials = 12, .jobs = 3};
  const TuneResult expected = tune(config(), folder("one"), one);
  EXPECT_EQ(found(tune(config(), folder("three"), three)), found(expected));
  int sessions = 1;
  for (bool is_done = false; !is_done; ++sessions) {
    std::atomic<int> finished = 0;
    TuneCallbacks callbacks;
    callbacks.on_trial = [&](const TuneTrial&) { ++finished; };
    callbacks.should_stop = [&] { return finished >= 4; };
    try {
      const TuneResult resumed = tune(config(), folder("resumed"), three, sessions > 1, callbacks);
      EXPECT_EQ(found(resumed), found(expected));
      is_done = true;
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::interrupted) << error.what();
    }
  }
  EXPECT_GT(sessions, 3);
  const std::string model = bytes_of(folder("one").model());
  EXPECT_EQ(bytes_of(folder("three").model()), model);
  EXPECT_EQ(bytes_of(folder("resumed").model()), model);
}

// The scores of the default are those that a run with the same held-out rows has.
TEST_F(TuneTest, ScoresTheDefaultAsARunDoes) {
  const TuneResult result = tune(config(), folder("search"), {.trials = 3});
  EXPECT_EQ(result.metric, "accuracy");
  EXPECT_EQ(result.folds, 5);
  EXPECT_EQ(result.validation_rows, 150);
  RunConfig standard = config();
  standard.default_network.folds = 5;
  standard.train.threads = 1;
  const Scores scores = selfnorm::Run(standard).execute(RunFolder(folder_ / "run")).validation;
  const TuneTrial& whole = result.trials.at(2);
  ASSERT_EQ(whole.id, 0);
  ASSERT_EQ(whole.epochs, 9);
  ASSERT_GE(scores.size(), 2U);
  EXPECT_EQ(whole.scores[0], scores[0]);
  EXPECT_EQ(whole.scores[1], scores[1]);
}

// An evaluation of the folder finds the same held-out rows, and the scores of the search.
TEST_F(TuneTest, WritesAModelThatIsScoredOnItsHeldOutRows) {
  for (const int rows : {150, 10'100}) {
    const auto out = folder(fmt::format("search{}", rows));
    RunConfig searched = config(rows);
    searched.train.epochs = 2;
    searched.default_network.hidden = {8};
    searched.given.emplace_back("hidden");
    const TuneResult result = tune(searched, out, {.trials = 6, .ensemble = 3});
    EXPECT_EQ(result.folds, rows < 10'000 ? 5 : 0);
    EXPECT_EQ(result.validation_rows, rows < 10'000 ? rows : rows / 10);
    const ModelAndRows opened = open_model(out.root);
    EXPECT_EQ(opened.split, "validation");
    const Scores again = opened.model.score(opened.data, opened.rows);
    EXPECT_DOUBLE_EQ(again.at(0).second, result.validation.at(0).second);
    EXPECT_TRUE(fs::exists(out.page()));
    std::set<fs::path> models;
    for (const auto& file : fs::directory_iterator(out.models())) models.insert(file.path());
    EXPECT_EQ(models.size(), result.ensemble.size());
  }
}

TEST_F(TuneTest, KeepsGivenOptions) {
  RunConfig given = config();
  given.default_network.hidden = {12};
  given.data.scaling = "robust";
  given.given.insert(given.given.end(), {"hidden"});
  const TuneResult result = tune(given, folder("search"), {.trials = 9});
  for (const TuneTrial& trial : result.trials) {
    EXPECT_EQ(trial.candidate.hidden, (std::vector<std::int64_t>{12}));
    EXPECT_EQ(trial.candidate.scaling, "robust");
    EXPECT_LE(trial.epochs, 9);
  }
  EXPECT_LE(result.ensemble.size(), 2U);  // the best of nine, and the default
}

TEST_F(TuneTest, EndsAfterTheTimeWithAResult) {
  const TuneResult result = tune(config(), folder("search"), {.seconds = 1e-3, .jobs = 1});
  EXPECT_EQ(result.ensemble, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(result.trials.size(), 1U);
}

TEST_F(TuneTest, ScoresTestRows) {
  RunConfig with_test = config(200);
  with_test.data.test_split = 0.25;
  const TuneResult result = tune(with_test, folder("search"), {.trials = 2});
  EXPECT_EQ(result.validation_rows, 150);
  const ModelAndRows opened = open_model(folder("search").root, {}, "test");
  EXPECT_EQ(opened.rows.size(), 50U);
  EXPECT_DOUBLE_EQ(opened.model.score(opened.data, opened.rows).at(0).second,
                   result.test.at(0).second);
}

TEST_F(TuneTest, ScoresPartsThatTheSearchDidNotHave) {
  RunConfig run = config(160);
  run.train.epochs = 2;
  const TuneOptions options{.trials = 2, .outer_folds = 4};
  const TuneResult result = tune(run, folder("nested"), options);
  ASSERT_EQ(result.outer.size(), 4U);
  EXPECT_EQ(result.validation_rows, 160);
  EXPECT_TRUE(result.test.empty());
  for (const Scores& scores : result.outer) {
    ASSERT_GE(scores.size(), 2U);
    EXPECT_EQ(scores[1].first, "accuracy");
    const double right = 40 * scores[1].second;  // a part has 40 rows
    EXPECT_NEAR(right, std::round(right), 1e-9);
  }
  const TuneResult again = tune(run, folder("nested"), options, true);
  EXPECT_EQ(again.outer, result.outer);
  run.data.shuffle_split = false;
  expect_contains("cannot be divided into 4 parts", config_error(run, "ordered", options));
}

TEST_F(TuneTest, AveragesNetworksOnlyIfTheMeanIsAtLeastAsGood) {
  const TuneResult result = tune(config(), folder("search"), {.trials = 18, .ensemble = 4});
  ASSERT_FALSE(result.ensemble.empty());
  const auto best = std::ranges::find_if(result.trials, [&](const TuneTrial& trial) {
    return trial.id == result.ensemble[0] && trial.epochs == 9;
  });
  EXPECT_GE(result.validation.at(1).second, best->scores.at(1).second);
  for (const TuneTrial& trial : result.trials) {
    if (trial.epochs == 9) {
      EXPECT_LE(trial.scores.at(1).second, best->scores.at(1).second);
    }
  }
}

// Members of a search over more candidates are the candidates of a search that was extended.
TEST_F(TuneTest, CanBeExtendedAndResumedAtItsEnd) {
  tune(config(), folder("grown"), {.trials = 11});
  const TuneResult grown = tune(config(), folder("grown"), {.trials = 18}, true);
  EXPECT_EQ(found(grown), found(tune(config(), folder("whole"), {.trials = 18})));
  const TuneResult shrunk = tune(config(), folder("grown"), {.trials = 11}, true);
  EXPECT_EQ(found(shrunk), found(tune(config(), folder("few"), {.trials = 11})));
  int trained = 0;
  TuneCallbacks callbacks;
  callbacks.on_trial = [&](const TuneTrial&) { ++trained; };
  EXPECT_EQ(found(tune(config(), folder("grown"), {.trials = 18}, true, callbacks)), found(grown));
  EXPECT_EQ(trained, 0);
}

TEST_F(TuneTest, HasAModelBeforeTheNestedCrossValidationEnds) {
  TuneCallbacks callbacks;
  std::int64_t parts = 0;
  callbacks.on_part = [&](std::int64_t part) { parts = part; };
  callbacks.should_stop = [&] { return parts == 2; };
  RunConfig with_members = config();
  with_members.default_network.members = 2;
  with_members.given.emplace_back("members");
  const TuneOptions options{.trials = 2, .outer_folds = 3};
  try {
    tune(with_members, folder("search"), options, false, callbacks);
    ADD_FAILURE() << "was not interrupted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
  EXPECT_TRUE(fs::exists(folder("search").model()));
  EXPECT_EQ(tune(with_members, folder("search"), options, true).outer.size(), 3U);
}

TEST_F(TuneTest, DecidesByTheLossOfSeveralTargetsUnlessAMetricIsGiven) {
  RunConfig both = config();
  both.data.target = "x,z";
  both.data.drop = {"y"};
  std::string summary;
  TuneCallbacks callbacks;
  callbacks.on_start = [&](const RunSummary& run, const std::string& metric) {
    summary = fmt::format("{} rows by {}", run.train_rows, metric);
  };
  EXPECT_EQ(tune(both, folder("a"), {.trials = 1}, false, callbacks).metric, "loss");
  EXPECT_EQ(summary, "150 rows by loss");
  both.train.metrics = {"mae"};
  both.given.emplace_back("metrics");
  EXPECT_EQ(tune(both, folder("b"), {.trials = 1}).metric, "mae");
}

// The temperature is needed to restore the outputs if dropout is computed in another way.
TEST_F(TuneTest, OfOneNetworkKeepsItsTemperature) {
  tune(config(), folder("search"), {.trials = 2, .ensemble = 1});
  EXPECT_TRUE(temperature_of(load_model(folder("search").model())).has_value());
}

TEST_F(TuneTest, RejectsWhatItCannotSearch) {
  expect_contains("a number of trials or a time", config_error(config(), "a", {}));
  RunConfig with_layers = config();
  with_layers.network.layers = {{"dense", {{"units", std::int64_t{2}}}}};
  expect_contains("gives layers", config_error(with_layers, "a"));
  RunConfig fast = config();
  fast.preset = "fast";
  expect_contains("starts from the preset \"default\"", config_error(fast, "a"));
  expect_contains("held-out rows, but there are none", config_error(
                                                           [&] {
                                                             RunConfig without = config();
                                                             without.data.validation_split = 0;
                                                             return without;
                                                           }(),
                                                           "a"));
  EXPECT_FALSE(fs::exists(folder("a").root));
  expect_contains("no search to resume", config_error(config(), "a", {.trials = 2}, true));
  fs::create_directories(folder("b").root);
  write("b/mine.txt", "");
  expect_contains("is not empty", config_error(config(), "b"));
}

TEST_F(TuneTest, ProtectsTheTrialsOfASearch) {
  tune(config(), folder("search"), {.trials = 1});
  const std::string before = bytes_of(folder("search").trials());
  expect_contains("--resume continues it", config_error(config(), "search"));
  RunConfig other = config();
  other.train.seed = 2;
  try {
    tune(other, folder("search"), {.trials = 1}, true);
    ADD_FAILURE() << "resumed another search";
  } catch (const Error& error) {
    expect_contains("belongs to another search", error.what());
  }
  EXPECT_EQ(bytes_of(folder("search").trials()), before);
}

}  // namespace
}  // namespace selfnorm
