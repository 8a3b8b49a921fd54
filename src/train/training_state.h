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
  std::int64_t epoch = -1;  ///< −1: none yet
  double value = 0;         ///< of what is monitored
  std::int64_t waited = 0;  ///< epochs since
  Weights weights;
};

/// Everything that the rest of a training depends on, besides the model's weights, the options and
/// the data: with it, a resumed training continues to the same bits.
struct TrainingState {
  std::int64_t epoch = 0;          ///< epochs finished
  std::int64_t step_in_epoch = 0;  ///< steps of the next one already done
  std::int64_t step = 0;           ///< steps since the start
  std::int64_t rows_since_watch = 0;
  double loss_sum = 0;  ///< over the steps of the unfinished epoch
  double loss_weight = 0;
  std::vector<float> outputs;  ///< of the unfinished epoch's rows, for its metrics
  double seconds = 0;          ///< spent in the unfinished epoch
  BestEpoch best;
};

/// Writes model, optimizer, schedule and state to one file, atomically. `fingerprint` names the
/// configuration, so that another one cannot resume from it.
void save_checkpoint(const std::filesystem::path& path, const TrainedModel& model,
                     Optimizer& optimizer, const Schedule& schedule, const TrainingState& state,
                     const std::string& fingerprint);

/// Reads a checkpoint into a model of the same network. Throws Error(model_file).
void load_checkpoint(const std::filesystem::path& path, TrainedModel& model, Optimizer& optimizer,
                     Schedule& schedule, TrainingState& state, const std::string& fingerprint);

}  // namespace selfnorm
