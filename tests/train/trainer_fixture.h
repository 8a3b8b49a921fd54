// SPDX-License-Identifier: Apache-2.0
// A fixture that trains on noisy clusters.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "api/run.h"
#include "base/random.h"
#include "selfnorm/model.h"

namespace selfnorm {

/// Returns four noisy clusters on the corners of a square.
inline Dataset clusters(std::int64_t rows) {
  Dataset data;
  data.name = "clusters";
  data.rows = rows;
  std::vector<float> values;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto label = static_cast<std::int32_t>(row % 4);
    data.targets.classes.push_back(label);
    for (int k = 0; k < 2; ++k) {
      const double noise =
          normal(random_key(1, "clusters", std::to_string(k)), static_cast<std::uint64_t>(row));
      values.push_back(static_cast<float>(3 * ((label >> k) & 1) + 0.5 * noise));
    }
  }
  data.inputs.push_back({"x", {2}, std::move(values), {}});
  data.targets.name = "corner";
  data.targets.class_names = {"a", "b", "c", "d"};
  return data;
}

class TrainerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("selfnorm_trainer_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  RunFolder folder(const std::string& name) const { return RunFolder(folder_ / name); }

  /// Trains for `stop_after` steps, or to the end if it is 0.
  RunResult train_run(const RunConfig& c, const std::string& name, bool resume,
                      int stop_after = 0) {
    const auto run = prepare_run(c, {clusters(400), std::nullopt});
    int steps = 0;
    TrainCallbacks callbacks;
    callbacks.on_step = [&](const StepProgress&) { ++steps; };
    callbacks.should_stop = [&] { return stop_after > 0 && steps >= stop_after; };
    return execute_run(*run, folder(name), resume, callbacks);
  }

  std::filesystem::path folder_;
};

}  // namespace selfnorm
