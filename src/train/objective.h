// SPDX-License-Identifier: Apache-2.0
// The objective: the loss, the meaning of the outputs, and the metrics.
#pragma once

#include <cstdint>
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

/// Whether targets tell one of several classes, and whether losses read them as class indexes.
bool is_classification(TargetKind targets);
bool uses_class_indices(TargetKind targets);

/// A loss as training and prediction see it.
struct Objective {
  std::string loss;
  Settings attributes;
  TargetKind targets = TargetKind::classes;
  std::string prediction;  ///< op from the outputs to what is predicted; empty: none
  std::vector<std::string> metrics;
};

/// The objective for these targets, "auto" resolved. Throws Error(config) for an unknown loss or
/// metric, or one that does not go with the targets.
Objective choose_objective(const TrainOptions& options, const Targets& targets);

/// The objective of a saved model.
Objective make_objective(const std::string& loss, const Settings& attributes,
                         const std::vector<std::string>& metrics, TargetKind targets);

/// Resolves what depends on the shape of one sample's output: targets of a number a pixel beside
/// several channels are class maps, and a loss that takes both probabilities and classes takes
/// probabilities where there is one channel. Throws Error(config) as make_objective does.
void resolve_objective(Objective& objective, const Targets& targets, const Shape& output);

/// Numbers a row that the targets take in a batch: 1 for classes.
std::int64_t target_width(const Objective& objective, const Shape& output);

/// Throws Error(data) when a target cannot be that of a network with outputs of this shape: labels
/// out of range, another width, probabilities beyond [0, 1], distributions that do not sum to
/// 1 ± 1e-3.
void check_targets(const Objective& objective, const Targets& targets, const Shape& output,
                   const std::string& dataset);

/// The targets of these rows in API order, class indexes as the int32 that losses
/// read, -1 where there is none.
void gather_targets(const Objective& objective, const Targets& targets,
                    std::span<const std::int64_t> rows, float* out);

/// The metrics of `scores` (the network's outputs before the prediction op, in API order) against
/// the targets of `rows`; those that are not defined on these rows are left out. `output` is the
/// shape of one sample's. Of an image every pixel counts as a row, but for numbers.
Scores measure(const Objective& objective, std::span<const float> scores, const Shape& output,
               const Targets& targets, std::span<const std::int64_t> rows);

}  // namespace selfnorm
