// SPDX-License-Identifier: Apache-2.0
// What stands behind the public Run.
#pragma once

#include <memory>
#include <optional>

#include "api/run_config.h"
#include "data/split.h"
#include "selfnorm/run.h"
#include "train/trainer.h"

namespace selfnorm {

/// How a run ended, on the rows that judge it: the test set's, or else those that validate.
struct FinalEvaluation {
  Scores scores;
  std::vector<float> outputs;  ///< for these rows, or none where they are very many
};
constexpr std::int64_t kMaxEvaluationRows = 10'000;  ///< rows whose outputs are kept

/// A run ready to start: data loaded, network completed, model initialized.
struct PreparedRun {
  RunConfig config;
  Dataset train;
  std::optional<Dataset> test;
  std::optional<Dataset> validation;  ///< a set of its own; else rows of `train` validate
  TrainingData rows;
  TrainedModel model;
  std::optional<double> coverage;  ///< RunSummary::coverage
  std::int64_t skipped_vectors = 0;
  std::vector<EpochRecord> history;  ///< once it was executed
  FinalEvaluation judgement;         ///< likewise
};

/// Which rows train and validate, and how inputs are standardized. The data get the shapes that the
/// network, which is complete, declares.
struct PreparedInputs {
  Split split;
  Schema schema;
};
PreparedInputs prepare_inputs(const RunConfig& config, Dataset& train);

/// Makes the model for data that hold together. Throws whatever is wrong with either.
std::unique_ptr<PreparedRun> prepare_run(RunConfig config, LoadedData loaded);

/// What Run::execute does.
RunResult execute_run(PreparedRun& run, const RunFolder& folder, bool resume,
                      const TrainCallbacks& callbacks);

}  // namespace selfnorm
