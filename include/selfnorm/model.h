// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "selfnorm/network.h"
#include "selfnorm/tensor.h"
#include "selfnorm/train.h"

namespace selfnorm {

struct TrainedModel;

/// A trained network with all it needs to be used on raw data: weights, schema, standardizer.
/// Copies share one immutable model, so const calls are thread-safe.
class Model {
 public:
  /// For the library's own use.
  explicit Model(std::shared_ptr<TrainedModel> trained) : trained_(std::move(trained)) {}

  /// Reads a model file or a run folder. Throws Error(model_file) if it is neither.
  static Model load(const std::string& path);

  /// Writes one safetensors file, atomically. Throws Error(io).
  void save(const std::string& path) const;

  /// The network.
  const Network& network() const;

  /// Statistics of ω and τ for every layer with weights.
  std::vector<WeightStatistics> weight_statistics() const;

  /// Loss ("loss") and metrics on data with targets. Classes are matched by name. Throws
  /// Error(data) if the data do not fit the model.
  std::map<std::string, double> evaluate(Dataset data) const;

  /// As `evaluate`, for some rows, in the order of display.
  Scores score(Dataset data, const std::vector<std::int64_t>& rows) const;

  /// One row for each row of the data: class probabilities, or predicted numbers.
  Tensor predict(Dataset data) const;

  /// As `predict`, for some rows, in their order.
  Tensor predict(Dataset data, const std::vector<std::int64_t>& rows) const;

  /// Class names by class index. Empty for a regression.
  const std::vector<std::string>& class_names() const;

  /// The meaning of each number of a predicted row: the name of a class or of a target.
  std::vector<std::string> output_names() const;

 private:
  std::shared_ptr<TrainedModel> trained_;
};

/// Trains the network on the data and returns the model. `split_options` gives `standardize`,
/// `shuffle_split` and `validation_split`; its other members are not read. No rows are held out if
/// `validation_split` is unset. A network without inputs takes those of the
/// data. A network without layers is the default network. Throws Error(config), Error(shape),
/// Error(data) or Error(numeric).
Model train(const Network& network, const Dataset& data, const TrainOptions& options = {},
            const DataOptions& split_options = {}, const TrainCallbacks& callbacks = {});

/// As above, with the rows of `data.validation`, if there are any, for validation. Then
/// `split_options.validation_split` must be unset or 0. `data.test` is not read.
Model train(const Network& network, const LoadedData& data, const TrainOptions& options = {},
            const DataOptions& split_options = {}, const TrainCallbacks& callbacks = {});

}  // namespace selfnorm
