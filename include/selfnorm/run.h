// Whole runs, as the command line makes them: from a network file to a run folder, and back to the
// model with the rows it is to be used on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "selfnorm/dataset.h"
#include "selfnorm/model.h"
#include "selfnorm/network.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// The network that is built when none is described: SELU layers with alpha dropout between the
/// inputs and as many outputs as the targets need.
struct DefaultNetworkOptions {
  std::vector<std::int64_t> hidden = {256, 128};
  double dropout_rate = 0.05;
};

/// Everything that a training depends on: what a network file holds and config.toml repeats.
struct RunConfig {
  DataOptions data;
  Network network;  ///< without layers: the default network
  DefaultNetworkOptions default_network;
  TrainOptions train;
};

/// Reads a network file. Throws Error(config) naming file and line or table.
RunConfig read_run_config(const std::filesystem::path& path);
RunConfig parse_run_config(const std::string& text, const std::string& where);

/// The configuration as a network file that reproduces the run.
std::string to_toml(const RunConfig& config);

/// The files of a run folder.
struct RunFolder {
  explicit RunFolder(std::filesystem::path folder) : root(std::move(folder)) {}
  std::filesystem::path root;
  std::string name() const;  ///< its last part
  std::filesystem::path model() const { return root / "model.safetensors"; }
  std::filesystem::path history() const { return root / "history.jsonl"; }
  std::filesystem::path config() const { return root / "config.toml"; }
  std::filesystem::path report() const { return root / "report.html"; }
  std::filesystem::path checkpoint() const { return root / "checkpoint" / "state.safetensors"; }
};

/// What a run is about to do.
struct RunSummary {
  std::string data;  ///< the data set's name
  std::int64_t train_rows = 0, validation_rows = 0, test_rows = 0;
  std::int64_t layers = 0, parameters = 0;
  std::vector<std::string> metrics;  ///< that are measured beside the loss
  /// Names of the classes that rows to validate or test have and no row to train on has.
  std::vector<std::string> unseen_classes;
  std::int64_t words = 0;                   ///< of texts: in the vocabulary
  std::int64_t unlabeled = 0, skipped = 0;  ///< rows that were left out (Dataset)
  /// Of words that come in the texts to train on, the share that a table read from a file has.
  std::optional<double> coverage;
  std::int64_t skipped_vectors = 0;  ///< bad lines of a file of vectors that were left out
};

/// What a finished run leaves behind.
struct RunResult {
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  double seconds = 0;             ///< in training steps
  double watch_seconds = 0;       ///< in measuring signals and weights
  double evaluation_seconds = 0;  ///< in validation after each epoch
  bool stopped_early = false;
  std::optional<std::int64_t> best_epoch;  ///< none where early stopping judged no epoch
  Scores validation;                       ///< of the final weights; empty without validation rows
  Scores test;                             ///< likewise; empty without a test set
};

/// A run's page, and what those who watch it are told last (selfnorm/report.h, live_event_json).
struct RunReport {
  std::string page, final_event_json;
};

struct PreparedRun;

/// A run ready to start: data loaded, network completed, weights initialised.
class Run {
 public:
  /// Loads the data and makes the model. Throws whatever is wrong with either.
  explicit Run(RunConfig config);

  /// The same with data that are at hand.
  Run(RunConfig config, LoadedData data);

  /// With what only the data tell filled in: input shapes, the default network.
  const RunConfig& config() const;

  RunSummary summary() const;

  /// Trains and writes the run folder: configuration first, history and checkpoint as training
  /// goes, the model at the end. `resume` continues from the folder's checkpoint. An earlier run's
  /// files move to previous/. Error(interrupted) when a callback stopped it, Error(numeric),
  /// Error(io).
  RunResult execute(const RunFolder& folder, bool resume = false,
                    const TrainCallbacks& callbacks = {});

  /// The page to look at of a run that `execute` has finished in this folder: `run_report`
  /// (selfnorm/report.h) with the data that are at hand.
  RunReport report(const RunFolder& folder);

  /// The model as it stands.
  Model model() const;

 private:
  std::shared_ptr<PreparedRun> prepared_;
};

/// A model with the rows it is to be used on.
struct ModelAndRows {
  Model model;
  Dataset data;  ///< in the model's shapes, with its classes
  std::vector<std::int64_t> rows;
  std::string split;  ///< "test", "validation", "train" or "all"
};

/// Opens a run folder or a model file, and data: those of the run unless `data` names others.
/// `split` is test, validation, train or all; empty: test where there is one, else all. Other data
/// are read with the run's header and delimiter unless theirs are given, and are a test set as a
/// whole when they have none. With `needs_targets` data without them are an Error(data).
ModelAndRows open_model(const std::filesystem::path& run_or_model, const DataOptions& data = {},
                        const std::string& split = "", bool needs_targets = true);

}  // namespace selfnorm
