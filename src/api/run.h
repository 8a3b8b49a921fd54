#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "api/run_config.h"
#include "train/trainer.h"

namespace selfnorm {

/// A run ready to start: data loaded, network completed, model initialised.
struct PreparedRun {
  RunConfig config;
  Dataset train;
  std::optional<Dataset> test;
  std::optional<Dataset> validation;  ///< a set of its own; else rows of `train` validate
  TrainingData rows;
  TrainedModel model;
};

/// Loads the data and makes the model. Throws whatever is wrong with either.
std::unique_ptr<PreparedRun> prepare_run(RunConfig config);

/// The same with data that are at hand and hold together.
std::unique_ptr<PreparedRun> prepare_run(RunConfig config, LoadedData loaded);

/// Names of the classes that rows to validate or test have and no row to train on has.
std::vector<std::string> unseen_classes(const PreparedRun& run);

/// What a finished run leaves behind.
struct RunResult {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  double seconds = 0;        ///< in training steps
  double watch_seconds = 0;  ///< in measuring the moments
  bool stopped_early = false;
  std::optional<std::int64_t> best_epoch;  ///< none where early stopping judged no epoch
  Scores validation;                       ///< of the final weights; empty without validation rows
  Scores test;                             ///< likewise; empty without a test set
};

/// The files of a run folder.
struct RunFolder {
  explicit RunFolder(std::filesystem::path folder) : root(std::move(folder)) {}
  std::filesystem::path root;
  std::filesystem::path model() const { return root / "model.safetensors"; }
  std::filesystem::path history() const { return root / "history.jsonl"; }
  std::filesystem::path config() const { return root / "config.toml"; }
  std::filesystem::path checkpoint() const { return root / "checkpoint" / "state.safetensors"; }
};

/// Trains and writes the run folder: configuration first, history and checkpoint as training goes,
/// the model at the end. `resume` continues from the folder's checkpoint.
RunResult execute_run(PreparedRun& run, const RunFolder& folder, bool resume,
                      const TrainCallbacks& callbacks);

}  // namespace selfnorm
