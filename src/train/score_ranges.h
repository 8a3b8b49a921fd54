// SPDX-License-Identifier: Apache-2.0
// Intervals and baselines of metrics.
#pragma once

#include <cstdint>
#include <span>

#include "selfnorm/score_range.h"
#include "selfnorm/tensor.h"
#include "selfnorm/train.h"
#include "train/objective.h"

namespace selfnorm {

/// Returns the interval and the baseline of each metric of the objective. Arguments are those of
/// `compute_metrics`. Accuracies have Wilson's score interval. The others have percentiles over
/// 200 bootstrap samples of the rows, at most 5,000 rows each, which are the same in every call.
/// They have no interval for fewer than 20 rows, or if all samples have the same score. Returns
/// nothing for outputs with several positions.
ScoreRanges score_ranges(const Objective& objective, std::span<const float> outputs,
                         const Shape& output, const Targets& targets,
                         std::span<const std::int64_t> rows);

/// Returns the objective with the metrics that count after training: if the classes of these rows
/// are uneven, also balanced accuracy and AUC.
Objective final_objective(const Objective& objective, const Targets& targets,
                          std::span<const std::int64_t> rows);

/// Returns whether the largest class has at least three times as many of these rows as the
/// smallest.
bool are_classes_uneven(const Targets& targets, std::span<const std::int64_t> rows);

}  // namespace selfnorm
