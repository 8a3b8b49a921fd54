// SPDX-License-Identifier: Apache-2.0
// The metrics by the names that users write, for each kind of target.
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

/// Everything a metric may look at. Images count their pixels as rows.
struct Measured {
  std::span<const float> outputs;  ///< rows × width, as the network gives them
  std::int64_t width;
  std::span<const std::int32_t> labels;  ///< of each row
  std::span<const float> values;         ///< rows × width
};

using Metric = std::function<std::optional<double>(const Measured&)>;

/// The metric of this name for such targets, or nothing.
std::optional<Metric> find_metric(const std::string& name, TargetKind targets);

/// The names that go with such targets.
std::vector<std::string> metric_names(TargetKind targets);

/// Whether more of it is better, as of all but losses and errors.
bool higher_is_better(const std::string& name);

/// The score of this name, NaN without one.
double find_score(const Scores& scores, const std::string& name);

}  // namespace selfnorm
