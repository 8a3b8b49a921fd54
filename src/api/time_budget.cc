// SPDX-License-Identifier: Apache-2.0
#include "api/time_budget.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/run.h"
#include "base/text.h"
#include "data/gather.h"
#include "selfnorm/error.h"
#include "train/training_time.h"

namespace selfnorm {
namespace {

// Returns the seconds of a step with one member.
double measure_member_step(RunConfig config, const Dataset& train) {
  constexpr std::int64_t kRows = 1000, kMembers = 2;  // which share the threads
  const std::vector<std::int64_t> drawn =
      draw_rows(all_rows(train.rows), kRows, random_key(config.train.seed, "time", "rows"));
  config.default_network.members = kMembers;
  config.given.emplace_back("members");
  config.data.validation_split = 0;
  const auto run = prepare_run(config, {select_rows(train, drawn), std::nullopt});
  const TrainOptions& options = run->config.train;
  const auto steps =
      static_cast<double>(options.epochs) *
      std::ceil(static_cast<double>(run->train.rows) / static_cast<double>(options.batch_size));
  return predict_training_seconds(run->model, run->rows, options) / steps / kMembers;
}

// How a number of steps, added over the members, is divided. The training is at most four times as
// long as that of the default before there are more than two members, and it has at most 16.
struct Work {
  std::int64_t members, steps;
};
Work divide_work(double steps) {
  constexpr double kDefaultSteps = 1500, kLongest = 6000;
  if (steps < kDefaultSteps) return {1, std::llround(steps)};
  const double longer = std::sqrt(std::max(1.0, steps / (2 * kDefaultSteps)));
  const double each = std::min(kLongest, kDefaultSteps * longer);
  const std::int64_t members = std::clamp<std::int64_t>(std::llround(steps / each), 2, 16);
  return {members, std::llround(std::min(kLongest, steps / static_cast<double>(members)))};
}

}  // namespace

void fit_to_time(RunConfig& config, const Dataset& train) {
  // Of the budget, this is for training steps. The rest is for reading, validation and the report.
  constexpr double kShareOfSteps = 0.8;
  const double seconds = std::exchange(config.seconds, 0);
  if (seconds == 0) return;
  if (!config.network.layers.empty() || config.preset == "none") {
    throw Error(ErrorKind::config,
                "[train]: seconds chooses the length of a preset for the default network (leave "
                "out the layers and preset = \"none\", or set epochs)");
  }
  const double step = measure_member_step(config, train);
  if (!(step > 0)) return;  // the training will fail, too, and say why
  const Work work = divide_work(kShareOfSteps * seconds / step);
  const auto batches =
      static_cast<double>(train.rows) / static_cast<double>(config.train.batch_size);
  const auto epochs = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(static_cast<double>(work.steps) / std::max(1.0, batches)));
  const auto choose = [&](const std::string& name, std::int64_t& option, std::int64_t value) {
    if (is_listed(config.given, name)) return;
    option = value;
    config.given.push_back(name);
  };
  choose("members", config.default_network.members, work.members);
  choose("epochs", config.train.epochs, epochs);
}

}  // namespace selfnorm
