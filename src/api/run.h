// What stands behind the public Run.
#pragma once

#include <memory>
#include <optional>

#include "api/run_config.h"
#include "data/split.h"
#include "selfnorm/run.h"
#include "train/trainer.h"

namespace selfnorm {

/// What a run ended with, for its report.
struct RunEnd {
  std::vector<EpochRecord> history;
  Scores scores;  ///< of the rows that judge it: the test set's, or those that validate
  std::vector<float> outputs;  ///< for these rows; none where they are more than kMostJudged
};
constexpr std::int64_t kMostJudged = 10'000;

/// A run ready to start: data loaded, network completed, model initialised.
struct PreparedRun {
  RunConfig config;
  Dataset train;
  std::optional<Dataset> test;
  std::optional<Dataset> validation;  ///< a set of its own; else rows of `train` validate
  TrainingData rows;
  TrainedModel model;
  std::optional<double> coverage;  ///< RunSummary::coverage
  std::int64_t skipped_vectors = 0;
  RunEnd end;  ///< once it was executed
};

/// Which rows train and validate, and how inputs are standardised. The data get the shapes that the
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
