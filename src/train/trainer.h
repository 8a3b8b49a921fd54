// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "train/batches.h"
#include "train/evaluator.h"
#include "train/training_state.h"
#include "train/weight_statistics.h"

namespace selfnorm {

/// Training and validation rows. The latter may belong to another data set. If the training set has
/// folds, the validation rows are those in a fold, and all rows are training rows.
struct TrainingData {
  const Dataset* train = nullptr;
  std::vector<std::int64_t> train_rows;
  const Dataset* validation = nullptr;
  std::vector<std::int64_t> validation_rows = {};
};

/// Trains a model in place. The result is a function of the model, the data, the options and the
/// number of threads.
class Trainer {
 public:
  /// Throws Error(config) or Error(data) for options or data that do not fit the network.
  Trainer(TrainedModel& model, const TrainingData& data, const TrainOptions& options,
          TrainCallbacks callbacks);

  /// Writes checkpoints to this file. The fingerprint identifies the configuration. Calls
  /// `before_save` before it writes.
  void checkpoint_to(std::filesystem::path path, std::string fingerprint,
                     std::function<void()> before_save);

  /// Resumes from the checkpoint.
  void resume();

  /// Trains to the last epoch or until early stopping, and restores the best weights if requested.
  /// Then it refits the outputs, and measures the errors for the validation rows.
  /// Throws Error(numeric) with the step and the first faulty node if the loss is not finite.
  /// Throws Error(interrupted) after writing a checkpoint if should_stop returns true.
  void run();

  const TrainingState& state() const { return state_; }

  /// Returns whether `run` ended with the weights of the best epoch.
  bool has_best_weights() const { return has_best_weights_; }

 private:
  struct StepProgram {
    std::int64_t batch;
    CompiledNetwork network;
  };
  struct TrainingPosition {
    std::int64_t epoch, step_in_epoch;
  };

  void run_epoch();
  void run_step(std::span<const std::int64_t> rows, std::int64_t steps);
  EpochBatches batches() const;
  StepProgram& program_for(std::int64_t rows);
  void finish_epoch(std::span<const std::int64_t> order);
  void update_best_epoch(const EpochRecord& record);
  bool is_best_epoch_restored();
  std::string monitored_score() const;
  bool should_measure_moments() const;
  float* gradients() { return reinterpret_cast<float*>(gradients_.data()); }
  void watch(EpochRecord& record);
  void report_untrained_network();
  void stop_if_requested();
  void save();
  std::string find_non_finite_parameter() const;
  void check_parameters() const;
  std::string checkpoint_hint() const;
  [[noreturn]] void fail_loss(StepProgram& program);
  [[noreturn]] void fail_not_finite(const std::string& what, std::int64_t step,
                                    const std::string& cause) const;
  bool stopped_early() const;
  bool is_finished() const;

  TrainedModel& model_;
  std::optional<WeightMonitor> weight_monitor_;  ///< set if training is watched
  TrainingData data_;
  TrainOptions options_;
  bool joins_single_row_;  // EpochBatches
  TrainCallbacks callbacks_;
  AlignedBuffer gradients_;
  std::vector<StepProgram> programs_;
  Evaluator validation_evaluator_;
  Evaluator watch_evaluator_;
  Optimizer optimizer_;
  Schedule schedule_;
  TrainingState state_;
  std::filesystem::path checkpoint_path_;
  std::function<void()> before_save_;
  std::optional<TrainingPosition> saved_position_;  // place of the last checkpoint
  std::string fingerprint_;
  bool has_best_weights_ = false;
};

}  // namespace selfnorm
