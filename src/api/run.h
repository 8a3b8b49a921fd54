// SPDX-License-Identifier: Apache-2.0
// The implementation of the public Run.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "api/run_config.h"
#include "data/split.h"
#include "selfnorm/run.h"
#include "train/trainer.h"

namespace selfnorm {

/// The final scores of a run, on the test rows if there are any, else on the validation rows.
struct FinalEvaluation {
  Scores scores;
  ScoreRanges ranges;
  std::vector<float> outputs;  ///< for these rows; empty if there are too many
};
constexpr std::int64_t kMaxEvaluationRows = 10'000;  ///< rows whose outputs are kept

/// A run ready to start: data loaded, network completed, model initialized.
struct PreparedRun {
  RunConfig config;
  Dataset train;
  std::optional<Dataset> test;
  std::optional<Dataset> validation;  ///< a separate set; else rows of `train`
  TrainingData rows;
  bool is_split_automatic = false;  ///< whether the user left the validation rows to us
  std::string preset = "none";      ///< that chose options of `config`
  double seconds = 0;               ///< time for which they were chosen; 0: any
  TrainedModel model;
  std::optional<double> coverage;  ///< RunSummary::coverage
  std::int64_t skipped_vectors = 0;
  std::vector<EpochRecord> history;  ///< after execute_run
  FinalEvaluation final_evaluation;  ///< after execute_run
};

/// What `complete_config` chose.
struct CompletedConfig {
  std::string preset;              ///< the preset, or "none"
  std::vector<std::int64_t> rows;  ///< the rows from which the network was completed
};

/// Applies the preset, and completes the network from the training rows.
/// DataOptions::validation_split must be set.
CompletedConfig complete_config(RunConfig& config, Dataset& train);

/// Gives the data the shapes that the network, which must be complete, declares, and fits the
/// standardization to the training rows.
Schema prepare_inputs(const RunConfig& config, Dataset& train,
                      std::span<const std::int64_t> train_rows);

/// Creates the model for consistent data. Throws what is wrong with the configuration or the data.
std::unique_ptr<PreparedRun> prepare_run(RunConfig config, LoadedData loaded);

/// Implements Run::summary.
RunSummary summarize_run(PreparedRun& run);

/// Implements Run::execute.
RunResult execute_run(PreparedRun& run, const RunFolder& folder, bool resume,
                      const TrainCallbacks& callbacks);

}  // namespace selfnorm
