// SPDX-License-Identifier: Apache-2.0
// The objective: the loss, the meaning of the outputs, and the metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "selfnorm/train.h"

namespace selfnorm {

enum class TargetKind : std::uint8_t {
  classes,        ///< a class index per row
  class_maps,     ///< a class index per pixel, as numbers; NaN if missing
  distributions,  ///< a probability for each class, as one-hot rows, or for each class and pixel
  probabilities,  ///< an independent label per output, NaN if missing
  values,         ///< a number per output
};

/// Return whether targets are one of several classes, and whether losses read them as class
/// indices.
bool is_classification(TargetKind targets);
bool uses_class_indices(TargetKind targets);

/// The loss, its targets, the prediction op and the metrics.
struct Objective {
  std::string loss;
  Settings attributes;
  TargetKind targets = TargetKind::classes;
  std::string prediction;  ///< op that turns outputs into predictions; empty: none
  std::vector<std::string> metrics;
};

/// Returns the objective for these targets, with "auto" resolved. Throws Error(config) for an
/// unknown loss or metric, or one that does not fit the targets, and Error(data) without targets.
Objective choose_objective(const TrainOptions& options, const Targets& targets);

/// Returns the objective for targets that are not known, whose kind is then the usual one for the
/// loss; nullopt if the loss is "auto". Throws Error(config) for an unknown loss.
std::optional<Objective> objective_of_loss(const TrainOptions& options);

/// Returns the objective of a saved model. Throws Error(config) for an unknown loss or metric.
Objective make_objective(const std::string& loss, const Settings& attributes,
                         const std::vector<std::string>& metrics, TargetKind targets);

/// Resolves the kind of targets, which may depend on the shape of one sample's output. A loss for
/// probabilities and classes uses probabilities if there is one channel. Targets of one number per
/// pixel are class maps if the output has several channels. Throws Error(config) as make_objective
/// does.
void resolve_objective(Objective& objective, const Targets& targets, const Shape& output);

/// Returns the numbers per row of the targets in a batch: 1 for classes.
std::int64_t target_width(const Objective& objective, const Shape& output);

/// Throws Error(data) if none of these rows has a target. `part` names the rows, as in
/// "validation".
void check_labeled(const Targets& targets, std::span<const std::int64_t> rows,
                   const std::string& dataset, const std::string& part);

/// Throws Error(data) if the targets do not fit a network with outputs of this shape: labels out of
/// range, another width, probabilities beyond [0, 1], distributions that do not sum to 1 ± 1e-3, or
/// negative values for a loss whose outputs are logarithms.
void check_targets(const Objective& objective, const Targets& targets, const Shape& output,
                   const std::string& dataset);

/// Writes the targets of these rows in API order. Class indices are written as int32, as losses
/// read them, with −1 for a missing one.
void gather_targets(const Objective& objective, const Targets& targets,
                    std::span<const std::int64_t> rows, float* out);

/// Returns the predictions of values from outputs of the network, as the prediction op computes
/// them. Not for classes and labels.
std::vector<float> predicted_values(const Objective& objective, std::span<const float> outputs);

/// Returns the output whose prediction is this value. Not for classes and labels.
double output_of_value(const Objective& objective, double value);

/// Whether the errors of predictions are measured on the outputs, since predictions are a function
/// of them and each target that the loss accepts has one. A count of 0 has none.
bool has_errors_of_outputs(const Objective& objective);

/// Computes the metrics of `outputs` (of the network before the prediction op, in API order) for
/// the targets of `rows`. Metrics that are not defined on these rows are left out. `output` is the
/// shape of one sample's output. Each pixel of an image counts as a row, except for targets that
/// are values.
Scores compute_metrics(const Objective& objective, std::span<const float> outputs,
                       const Shape& output, const Targets& targets,
                       std::span<const std::int64_t> rows);

}  // namespace selfnorm
