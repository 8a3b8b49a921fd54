// SPDX-License-Identifier: Apache-2.0
// Runs: from a network file to a run folder, and back to a model and its data.
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
#include "selfnorm/score_range.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// Options of the default network: SELU layers with alpha dropout, and one output per class or
/// target.
struct DefaultNetworkOptions {
  std::vector<std::int64_t> hidden = {256, 128};  ///< units of the hidden layers
  double dropout_rate = 0.05;                     ///< alpha dropout after each of them
  /// Number of networks of this kind that are trained side by side and averaged. Each holds out
  /// other validation rows where possible (docs/tables.md, Held-out rows).
  std::int64_t members = 1;
  /// Number of parts of a cross-validation, or 0. A run replaces it by as many members and a
  /// validation split of 1/folds.
  std::int64_t folds = 0;
  /// What the first layer reads in addition to the inputs. "none": nothing. "periodic": 16 periodic
  /// features of each number (Gorishniy et al. 2022). "pbld": three linear functions of these
  /// (Holzmüller et al. 2024).
  std::string numeric_embedding = "none";
};

/// Everything that a training depends on: the content of a network file.
struct RunConfig {
  DataOptions data;                       ///< [data]
  Network network;                        ///< [model]; no layers: the default network
  DefaultNetworkOptions default_network;  ///< options of the default network
  TrainOptions train;                     ///< [train]
  /// Chooses the options of the default network and of its training from the rows and the targets.
  /// "none": nothing is chosen. "fast" takes less time than "default", and "best" 4 to 10
  /// times as long. "auto": "default" for the default network, else "none". A run replaces it by
  /// "none" when it has chosen the options.
  std::string preset = "none";
  /// Time that the training should take. The preset chooses the members of the default network and
  /// the epochs for it, from the time of a few steps. 0: any time.
  double seconds = 0;
  /// The options that the preset leaves as they are, by their names in a network file, such as
  /// "epochs" and "optimizer.learning_rate". Reading a network file lists those of [model] and
  /// [train].
  std::vector<std::string> given = {};
};

/// Reads a network file. Throws Error(config) with the file and the line or table.
RunConfig read_run_config(const std::filesystem::path& path);

/// Reads the configuration that a run wrote to its folder. Rows are divided as that run did, even
/// if its version had other defaults.
RunConfig read_run_folder_config(const std::filesystem::path& path);

/// Reads the text of a network file. `where` names the file in errors. Throws Error(config).
RunConfig parse_run_config(const std::string& text, const std::string& where);

/// Returns the configuration as a network file that reproduces the run.
std::string to_toml(const RunConfig& config);

/// The files of a run folder.
struct RunFolder {
  /// Refers to the run folder at this path, which need not exist.
  explicit RunFolder(std::filesystem::path folder) : root(std::move(folder)) {}
  std::filesystem::path root;  ///< the folder
  std::string name() const;    ///< last part of its path
  /// The model file.
  std::filesystem::path model() const { return root / "model.safetensors"; }
  /// The history: one JSON object per line.
  std::filesystem::path history() const { return root / "history.jsonl"; }
  /// The configuration that reproduces the run.
  std::filesystem::path config() const { return root / "config.toml"; }
  /// The report.
  std::filesystem::path report() const { return root / "report.html"; }
  /// The checkpoint to resume from.
  std::filesystem::path checkpoint() const { return root / "checkpoint" / "state.safetensors"; }
};

/// A summary of a run before it starts.
struct RunSummary {
  std::string data;                  ///< name of the data set
  std::int64_t train_rows = 0;       ///< number of training rows
  std::int64_t validation_rows = 0;  ///< number of validation rows
  std::int64_t test_rows = 0;        ///< number of test rows
  /// Number of members of an ensemble that hold out rows of their own. Then the validation rows are
  /// also training rows: of the other members. 0: the validation rows are held out of the training.
  std::int64_t folds = 0;
  std::int64_t layers = 0;           ///< number of layers
  std::int64_t parameters = 0;       ///< number of parameters
  std::vector<std::string> metrics;  ///< metrics in addition to the loss
  /// Classes that occur in validation or test rows but not in training rows.
  std::vector<std::string> unseen_classes;
  std::int64_t vocabulary_size = 0;  ///< size of the vocabulary, for texts
  std::int64_t unlabeled = 0;        ///< as in Dataset
  std::int64_t skipped = 0;          ///< as in Dataset
  /// Expected time of the training without early stopping, from a few steps; NaN if they fail.
  double seconds = 0;
  std::vector<std::string> notes;  ///< how a table was read, for a person, in lines
  /// Fraction of the tokens of the training texts that have a pretrained vector.
  std::optional<double> coverage;
  std::int64_t skipped_vectors = 0;  ///< number of unreadable lines left out of the vector file
};

/// The result of a finished run.
struct RunResult {
  std::int64_t epochs = 0;                 ///< epochs trained
  std::int64_t steps = 0;                  ///< optimizer steps
  double seconds = 0;                      ///< time in training steps
  double watch_seconds = 0;                ///< time for measuring signals and weights
  double evaluation_seconds = 0;           ///< time for validation after each epoch
  bool stopped_early = false;              ///< whether early stopping ended the run
  std::optional<std::int64_t> best_epoch;  ///< if it was tracked (tracks_best_epoch)
  bool has_best_weights = false;           ///< whether the model has the weights of `best_epoch`
  /// The lines by which the outputs of a regression were refitted (TrainOptions::refit_output), by
  /// output. Empty: they were not.
  std::vector<OutputLine> output_lines;
  /// The temperature by which the outputs were divided (TrainOptions::temperature_scaling), if any.
  std::optional<double> temperature;
  Scores validation;              ///< of the final weights; empty without validation rows
  Scores test;                    ///< of the final weights; empty without test rows
  ScoreRanges validation_ranges;  ///< of the metrics in `validation`
  ScoreRanges test_ranges;        ///< of the metrics in `test`
};

/// The report of a run.
struct RunReport {
  std::string page;              ///< HTML
  std::string final_event_json;  ///< last event of a live report (live_event_json)
};

struct Finding;
struct PreparedRun;

/// A run that is ready to start: its data are loaded, its network is complete, and its weights are
/// initialized. Copies share one run. Not thread-safe.
class Run {
 public:
  /// Loads the data and builds the model. Throws Error(config), Error(shape) or Error(data) if the
  /// configuration or the data are wrong.
  explicit Run(RunConfig config);

  /// Like the constructor above, with data that are already loaded.
  Run(RunConfig config, LoadedData data);

  /// Returns the configuration, completed from the data: input shapes, the default network.
  const RunConfig& config() const;

  /// Returns a summary of the run.
  RunSummary summary() const;

  /// Returns the findings of the doctor (selfnorm/doctor.h) that follow from predictions for the
  /// untrained network on training rows, errors first. Measures nothing, so it takes little time.
  std::vector<Finding> findings() const;

  /// Throws what `execute` without `resume` would throw before it begins: Error(config) if options
  /// of the training do not fit the data, if the folder has files of the user or of a search, or if
  /// another process uses it.
  void check(const RunFolder& folder) const;

  /// Trains and writes the run folder: the configuration first, the history and checkpoints during
  /// training, the model at the end. With `resume`, continues from the folder's checkpoint.
  /// Otherwise moves the files of an earlier run to previous/, or to unfinished/ if it has no
  /// model. Throws Error(interrupted) if a callback stops the training, Error(numeric) if the loss
  /// or a weight becomes NaN or infinite, Error(model_file) if the checkpoint cannot be used,
  /// Error(config) as `check` does, and Error(io) if a file cannot be written.
  RunResult execute(const RunFolder& folder, bool resume = false,
                    const TrainCallbacks& callbacks = {});

  /// Returns the report of the run that `execute` finished in this folder: the page of `run_report`
  /// (selfnorm/report.h), but without loading the data again.
  RunReport report(const RunFolder& folder);

  /// Returns a copy of the model in its current state.
  Model model() const;

 private:
  std::shared_ptr<PreparedRun> prepared_;
};

/// A model, and rows to evaluate it or predict on.
struct ModelAndRows {
  Model model;                     ///< the model
  Dataset data;                    ///< with the shapes and classes of the model
  std::vector<std::int64_t> rows;  ///< rows of `data` to use
  std::string split;               ///< "test", "validation", "train" or "all"
};

/// Opens a run folder or a model file, and data: those of the run unless `data` names others.
/// `split` is test, validation, train or all. Empty means test if there is a test set, else, with
/// `needs_targets` and the run's own data, validation if rows are held out, else all.
/// Other data are read with the header and delimiter of the run unless `data` sets them. If they
/// have no test set, all their rows are used as the test set. Throws Error(config) for an unknown
/// split or a model file without data, Error(model_file) if the model cannot be read, and
/// Error(data) if the data do not fit or, with `needs_targets`, have no targets.
ModelAndRows open_model(const std::filesystem::path& run_or_model, const DataOptions& data = {},
                        const std::string& split = "", bool needs_targets = true,
                        Checksums checksums = Checksums::verify);

}  // namespace selfnorm
