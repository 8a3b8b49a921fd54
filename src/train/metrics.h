// SPDX-License-Identifier: Apache-2.0
// Metrics as plain functions of scores (rows × columns, row-major) and targets, computed in double.
// A metric that is not defined on the data is std::nullopt. A NaN among the scores makes the result
// NaN or counts as wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace selfnorm {

/// The fraction of rows whose label has the highest score. `labels` are class indices from 0. Of
/// equal scores the class of lower index wins; a NaN score never does. Nothing without rows.
std::optional<double> accuracy(std::span<const float> scores, std::int64_t classes,
                               std::span<const std::int32_t> labels);

/// The fraction of rows whose label is among the k highest scores, ties as in `accuracy`.
std::optional<double> top_k_accuracy(std::span<const float> scores, std::int64_t classes,
                                     std::span<const std::int32_t> labels, std::int64_t k);

/// The fraction of scores on the target's side of the threshold (score > threshold says 1; targets
/// are 1 above 0.5, missing when NaN): 0 for logits, 0.5 for probabilities.
std::optional<double> binary_accuracy(std::span<const float> scores, std::span<const float> targets,
                                      double threshold);

/// Area under the receiver operating characteristic: the probability that a random positive scores
/// above a random negative, ties counting half (Mann-Whitney U by average ranks). Targets as in
/// `binary_accuracy`. Nothing unless both classes occur.
std::optional<double> auc(std::span<const float> scores, std::span<const float> targets);

/// `auc` of each column of rows × tasks scores and targets.
std::vector<std::optional<double>> auc_by_task(std::span<const float> scores, std::int64_t tasks,
                                               std::span<const float> targets);

/// Mean of those of `auc_by_task` that are defined.
std::optional<double> mean_auc(std::span<const float> scores, std::int64_t tasks,
                               std::span<const float> targets);

/// Mean over the classes that occur of the `auc` of one class against the rest. Scores are compared
/// between rows, so they must be probabilities, not logits of a softmax.
std::optional<double> one_vs_rest_auc(std::span<const float> scores, std::int64_t classes,
                                      std::span<const std::int32_t> labels);

/// 2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall. Targets and threshold as in
/// `binary_accuracy`. Nothing when no row is positive or predicted so.
std::optional<double> f1(std::span<const float> scores, std::span<const float> targets,
                         double threshold);

/// Mean of `f1` over the tasks of rows × tasks where it is defined.
std::optional<double> f1_by_task(std::span<const float> scores, std::int64_t tasks,
                                 std::span<const float> targets, double threshold);

/// Mean over the classes of the F1 of each against the rest, predicting as `accuracy` does. Classes
/// that neither occur nor are predicted are left out.
std::optional<double> macro_f1(std::span<const float> scores, std::int64_t classes,
                               std::span<const std::int32_t> labels);

/// Intersection over union of what is and what is said to be positive, TP / (TP + FP + FN), each
/// summed over all rows: the mean over the tasks of rows × tasks where it is defined, as in
/// `f1_by_task`, which is the Dice coefficient of the same sets.
std::optional<double> iou_by_task(std::span<const float> scores, std::int64_t tasks,
                                  std::span<const float> targets, double threshold);

/// Mean over the classes of the intersection over union of each, predicting as `accuracy` does.
/// Classes that neither occur nor are predicted are left out. `macro_f1` is that of Dice.
std::optional<double> macro_iou(std::span<const float> scores, std::int64_t classes,
                                std::span<const std::int32_t> labels);

/// Square root of the mean squared error over all targets that are not NaN.
std::optional<double> root_mean_squared_error(std::span<const float> predictions,
                                              std::span<const float> targets);

/// Mean absolute error over all targets that are not NaN.
std::optional<double> mean_absolute_error(std::span<const float> predictions,
                                          std::span<const float> targets);

/// 1 − residual / total sum of squares, the mean over the `width` columns whose targets that are
/// not NaN vary; nothing when none does. At most 1; 0 for the mean; negative for worse.
std::optional<double> r_squared(std::span<const float> predictions, std::int64_t width,
                                std::span<const float> targets);

}  // namespace selfnorm
