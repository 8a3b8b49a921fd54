// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "selfnorm/checksums.h"
#include "selfnorm/dataset.h"
#include "selfnorm/network.h"
#include "selfnorm/score_range.h"
#include "selfnorm/tensor.h"
#include "selfnorm/train.h"

namespace selfnorm {

struct TrainedModel;

/// The ends of prediction intervals, rows × outputs each.
struct PredictionIntervals {
  Tensor low, high;
};

/// A trained network with everything that it needs for raw data: weights, schema, standardizer.
/// Copies share one immutable model, so const calls are thread-safe.
class Model {
 public:
  /// For the library's own use.
  explicit Model(std::shared_ptr<TrainedModel> trained) : trained_(std::move(trained)) {}

  /// Reads a model file, or the model and configuration of a run folder. Throws Error(model_file)
  /// if the path is neither or the model is damaged.
  static Model load(const std::string& path, Checksums checksums = Checksums::verify);

  /// Writes one safetensors file, atomically. Throws Error(io) if it cannot be written.
  void save(const std::string& path) const;

  /// Returns the network.
  const Network& network() const;

  /// Returns the name of the loss with which the model was trained.
  const std::string& loss() const;

  /// Returns a model in which every alpha dropout computes this at inference: "expectation", the
  /// mean of its output over the masks, or "identity" (docs/theory.md). If this changes the model,
  /// refitted outputs are restored as trained (TrainOptions::refit_output), because their lines
  /// were fitted to other outputs. Throws Error(config) for another word.
  Model with_dropout_inference(const std::string& inference) const;

  /// Whether the outputs were refitted after training (TrainOptions::refit_output).
  bool has_refitted_outputs() const;

  /// Returns statistics of ω and τ for every layer with weights.
  std::vector<WeightStatistics> weight_statistics() const;

  /// Loads other rows in the way in which the training data were read: the same cell of a table
  /// becomes the same number. `options` names the source and may override the rest. Rows without
  /// targets need `read_targets = false`. Throws what `load_data` throws, and Error(data) if a
  /// column is missing.
  Dataset load_rows(const DataOptions& options) const;

  /// Returns the loss ("loss") and metrics on data with targets. Classes are matched by name. If
  /// the data have folds, each row is scored by the member of its fold. Throws Error(data) if the
  /// data do not fit the model or have no targets.
  std::map<std::string, double> evaluate(Dataset data) const;

  /// Like `evaluate`, for the given rows only. The scores are in the order of display.
  Scores score(Dataset data, const std::vector<std::int64_t>& rows) const;

  /// Like `score`, with a 95 % interval and the score of the best constant prediction for each
  /// metric. If the largest class has at least three times as many rows as the smallest, balanced
  /// accuracy and AUC are among the metrics. A metric that is undefined for these rows is NaN.
  RatedScores rated_score(Dataset data, const std::vector<std::int64_t>& rows) const;

  /// Returns one row per row of the data: class probabilities or predicted numbers, of which
  /// `output_names` gives the names. Targets are ignored. If the data have folds, the prediction
  /// for a row is that of the member of its fold. Throws Error(data) if the data do not fit the
  /// model.
  Tensor predict(Dataset data) const;

  /// Like `predict`, for the given rows, in their order.
  Tensor predict(Dataset data, const std::vector<std::int64_t>& rows) const;

  /// Returns intervals around predicted numbers of `predict`. The target of a new row is in its
  /// interval with at least the probability `level`, if the row is like the held-out rows of the
  /// training: split conformal prediction from their absolute errors (Lei et al. 2018). All
  /// intervals of an output have one width or, for mean_squared_log_error, one ratio of (1 + high)
  /// to (1 + low). For an ensemble with folds, the errors are those of single members, so intervals
  /// tend to be too wide. Throws Error(config) for a level not between 0 and 1, a model of classes
  /// or labels, and too few held-out rows.
  PredictionIntervals intervals_around(const Tensor& predictions, double level) const;

  /// Returns the class names by class index. Empty for a regression.
  const std::vector<std::string>& class_names() const;

  /// Returns a name for each number of a predicted row: that of its class or target.
  std::vector<std::string> output_names() const;

 private:
  std::shared_ptr<TrainedModel> trained_;
};

/// Trains the network on the data and returns the model. Of `split_options`, only `standardize`,
/// `scaling` and the options that divide the rows are used. No rows are held out if
/// `validation_split` is unset. A network without inputs gets those of the data. A network without
/// layers stands for the default network. Throws Error(config), Error(shape) or Error(data) if the
/// options, the network or the data are wrong, Error(numeric) if the loss or a weight becomes NaN
/// or infinite, and Error(interrupted) if a callback stops the training.
Model train(const Network& network, const Dataset& data, const TrainOptions& options = {},
            const DataOptions& split_options = {}, const TrainCallbacks& callbacks = {});

/// Like the function above, with `data.validation`, if present, as the validation rows. Then
/// `split_options.validation_split` must be unset or 0. `data.test` is not used.
Model train(const Network& network, const LoadedData& data, const TrainOptions& options = {},
            const DataOptions& split_options = {}, const TrainCallbacks& callbacks = {});

}  // namespace selfnorm
