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

/// A trained network with all that it needs to be used on raw data: weights, schema, standardiser.
/// Copies share the same model, which nothing here changes.
class Model {
 public:
  explicit Model(std::shared_ptr<TrainedModel> trained) : trained_(std::move(trained)) {}

  /// Reads a model file or a run folder. Error(model_file) when it is not one.
  static Model load(const std::string& path);

  /// Writes one safetensors file, atomically. Error(io) when that fails.
  void save(const std::string& path) const;

  const Network& network() const;

  /// What the units of every layer with weights sum their inputs with.
  std::vector<WeightStatistics> unit_weights() const;

  /// "loss" and the metrics of these data, which have targets; classes are told by their names.
  /// Error(data) when they do not fit.
  std::map<std::string, double> evaluate(Dataset data) const;

  /// The same of some rows, in the order that they are shown in.
  Scores score(Dataset data, const std::vector<std::int64_t>& rows) const;

  /// One row for each row of the data: the probabilities of the classes, or the predicted numbers.
  Tensor predict(Dataset data) const;

  /// The same for some rows, in their order.
  Tensor predict(Dataset data, const std::vector<std::int64_t>& rows) const;

  /// By class index; empty where numbers are predicted.
  const std::vector<std::string>& class_names() const;

  /// What each number of a predicted row is: a class's name, or a target's.
  std::vector<std::string> output_names() const;

 private:
  std::shared_ptr<TrainedModel> trained_;
};

/// Trains the network on the data and returns it ready for use. `division` says whether inputs are
/// standardised (they are) and which share of the rows validates; its other members are not read. A
/// network without inputs takes those of the data; one without layers is the default network.
/// Throws as the network file would: Error(config), Error(shape), Error(data), Error(numeric).
Model train(const Network& network, const Dataset& data, const TrainOptions& options = {},
            const DataOptions& division = {}, const TrainCallbacks& callbacks = {});

/// The same, validating with the rows of `data.validation` where it has them: then
/// `division.validation_split` must be 0. `data.test` is not read.
Model train(const Network& network, const LoadedData& data, const TrainOptions& options = {},
            const DataOptions& division = {}, const TrainCallbacks& callbacks = {});

}  // namespace selfnorm
