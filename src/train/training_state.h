// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "train/trained_model.h"

namespace selfnorm {

/// The best epoch so far.
struct BestEpoch {
  std::int64_t epoch = -1;                      ///< −1: none yet
  double value = 0;                             ///< value of the monitored score
  std::int64_t epochs_without_improvement = 0;  ///< epochs without improvement since then
  Weights weights;
};

/// The progress of a training. A training resumes bit for bit from this state, the model's weights,
/// the optimizer, the schedule, the options and the data.
struct TrainingState {
  std::int64_t epoch = 0;          ///< epochs finished
  std::int64_t step_in_epoch = 0;  ///< finished steps of the next epoch
  std::int64_t step = 0;           ///< steps since the start
  std::int64_t rows_since_watch = 0;
  double loss_sum = 0;  ///< weighted sum over the steps of the unfinished epoch
  double loss_weight = 0;
  std::vector<float> outputs;  ///< for the rows of the unfinished epoch, for its metrics
  double seconds = 0;          ///< spent in the unfinished epoch
  BestEpoch best;
};

/// Writes model, optimizer, schedule and state to one file atomically. `fingerprint` identifies the
/// configuration, so that no other configuration can resume from the file.
void save_checkpoint(const std::filesystem::path& path, const TrainedModel& model,
                     Optimizer& optimizer, const Schedule& schedule, const TrainingState& state,
                     const std::string& fingerprint);

/// Reads a checkpoint into a model of the same network. Throws Error(model_file).
void load_checkpoint(const std::filesystem::path& path, TrainedModel& model, Optimizer& optimizer,
                     Schedule& schedule, TrainingState& state, const std::string& fingerprint);

}  // namespace selfnorm
