// SPDX-License-Identifier: Apache-2.0
// The metrics by name, for each kind of targets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "selfnorm/train.h"
#include "train/objective.h"

namespace selfnorm {

/// The data that a metric may read. Each pixel of an image is a row.
struct MetricInput {
  std::span<const float> outputs;  ///< rows × width outputs of the network
  std::int64_t width;
  std::span<const std::int32_t> labels;  ///< class index of each row
  std::span<const float> values;         ///< rows × width targets
};

using Metric = std::function<std::optional<double>(const MetricInput&)>;

/// Returns the metric with this name for these targets, or nothing.
std::optional<Metric> find_metric(const std::string& name, TargetKind targets);

/// Returns the names of the metrics for these targets, with one K of `top_K_accuracy`.
std::vector<std::string> metric_names(TargetKind targets);

/// Returns whether a higher value is better. This holds for all metrics except losses and errors.
bool higher_is_better(const std::string& name);

/// Returns the score with this name, or NaN if there is none.
double find_score(const Scores& scores, const std::string& name);

}  // namespace selfnorm
