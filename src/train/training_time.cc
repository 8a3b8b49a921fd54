// SPDX-License-Identifier: Apache-2.0
#include "train/training_time.h"

#include <algorithm>
#include <cmath>

#include "base/quantile.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Returns the median time of a step. The first step, which also compiles the network, counts only
// if it is slow.
double measure_step(TrainedModel model, TrainingData data, TrainOptions options) {
  constexpr int kSteps = 8;
  constexpr double kSlow = 0.2;
  options.watch = false;
  options.early_stopping = {};
  data.validation_rows.clear();
  std::vector<double> seconds;
  double in_epoch = 0, all = 0;
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepProgress& progress) {
    if (progress.step == 1) in_epoch = 0;
    seconds.push_back(progress.seconds - in_epoch);
    in_epoch = progress.seconds;
    all += seconds.back();
  };
  callbacks.should_stop = [&] { return std::ssize(seconds) > kSteps || all > kSlow; };
  try {
    Trainer(model, data, options, callbacks).run();
  } catch (const Error&) {  // the callback stopped it, or the training fails
  }
  if (seconds.size() > 1) seconds.erase(seconds.begin());
  if (seconds.empty()) return std::nan("");
  std::ranges::sort(seconds);
  return quantile_of(seconds, 0.5);
}

}  // namespace

double predict_training_seconds(const TrainedModel& model, const TrainingData& data,
                                const TrainOptions& options) {
  const auto train_rows = static_cast<double>(data.train_rows.size());
  const double steps = std::ceil(train_rows / static_cast<double>(options.batch_size));
  const double epoch = steps * measure_step(model, data, options);
  // A validation row costs about a third of a training row, which also has a gradient.
  const double validation =
      epoch * static_cast<double>(data.validation_rows.size()) / (3 * train_rows);
  return static_cast<double>(options.epochs) * (epoch + validation);
}

}  // namespace selfnorm
