// A trained model put to use: which model, which rows, what comes out.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "api/run.h"

namespace selfnorm {

/// A model with the rows it is to be used on.
struct ModelAndData {
  TrainedModel model;
  Dataset data;
  std::vector<std::int64_t> rows;
  std::string split;  ///< "test", "validation", "train" or "all"
};

/// The model of a run folder or a model file.
TrainedModel open_trained(const std::filesystem::path& run_or_model);

/// Opens a run folder or a model file, and data: those of the run unless `source` names others.
/// `split` is test, validation, train or all; empty: test where there is one, else all. Other data
/// are read with the run's header and delimiter unless theirs are given, and are a test set as a
/// whole when they have none. Data come in the model's shapes with its classes. With
/// `needs_targets` data without them are an Error(data).
std::unique_ptr<ModelAndData> open_model(const std::filesystem::path& run_or_model,
                                         const DataOptions& data, const std::string& split,
                                         bool needs_targets);

/// Throws Error(data) when the data have no targets.
void require_targets(const Schema& schema, const Dataset& data);

/// Loss and metrics of these rows. Error(data) when their targets are not those of the network.
Scores score(TrainedModel& model, const Dataset& data, std::span<const std::int64_t> rows);

/// What the model predicts for each row: probabilities where the loss has them, else numbers.
Tensor predict_rows(TrainedModel& model, const Dataset& data, std::span<const std::int64_t> rows);

}  // namespace selfnorm
