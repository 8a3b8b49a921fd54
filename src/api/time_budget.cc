// SPDX-License-Identifier: Apache-2.0
#include "api/time_budget.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/folds.h"
#include "api/preset.h"
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
  config.data.validation.clear();
  config.train.early_stopping = {};
  const auto run = prepare_run(config, {select_rows(train, drawn), std::nullopt});
  const TrainOptions& options = run->config.train;
  const auto steps =
      static_cast<double>(options.epochs) *
      std::ceil(static_cast<double>(run->train.rows) / static_cast<double>(options.batch_size));
  return predict_training_seconds(run->model, run->rows, options) / steps / kMembers;
}

// How the steps of a training, added over the members, are divided.
struct Work {
  std::int64_t members, epochs;
};

// Chooses the members and the epochs, unless the user gave them. Longer trainings and more members
// are both better, and beyond some length there is no more use.
Work divide_work(const RunConfig& config, double all_steps, double batches) {
  constexpr double kMostSteps = 6000, kMostMembers = 16;
  const bool has_members = is_listed(config.given, "members");
  const bool has_epochs = is_listed(config.given, "epochs");
  // One more epoch is the least that a member adds.
  const double most = std::max(
      1.0, std::min({kMostMembers, static_cast<double>(most_members_with_folds(config.data)),
                     all_steps / batches}));
  double steps = std::min(
      kMostSteps, kDefaultSteps * std::sqrt(std::max(1.0, all_steps / (2 * kDefaultSteps))));
  if (has_epochs) steps = static_cast<double>(config.train.epochs) * batches;
  const double members = has_members ? static_cast<double>(config.default_network.members)
                                     : std::clamp(std::floor(all_steps / steps + 0.5), 1.0, most);
  const double epochs = has_epochs ? static_cast<double>(config.train.epochs)
                                   : std::min(kMostSteps, all_steps / members) / batches;
  return {std::llround(members), std::llround(std::max(1.0, std::floor(epochs)))};
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
                "out the layers and preset = \"none\", or set epochs; a resumed run keeps its "
                "length)");
  }
  const double step = measure_member_step(config, train);
  if (!(step > 0)) {
    throw Error(ErrorKind::config,
                "[train]: seconds: a step cannot be measured with these options (leave seconds out "
                "to see why)");
  }
  const double batches =
      std::ceil(static_cast<double>(train.rows) / static_cast<double>(config.train.batch_size));
  const Work work = divide_work(config, kShareOfSteps * seconds / step, batches);
  config.default_network.members = work.members;
  config.train.epochs = work.epochs;
  for (const char* name : {"members", "epochs"})
    if (!is_listed(config.given, name)) config.given.emplace_back(name);
}

}  // namespace selfnorm
