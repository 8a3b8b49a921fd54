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

/// Returns the fraction of rows in which the label has the highest score. `labels` are class
/// indices from 0. If scores are equal, the class with the lower index is predicted. A NaN score is
/// never predicted. Not defined without rows.
std::optional<double> accuracy(std::span<const float> scores, std::int64_t classes,
                               std::span<const std::int32_t> labels);

/// Returns the mean, over the classes that occur, of the fraction of their rows that are predicted
/// right. Classes are predicted as in `accuracy`.
std::optional<double> balanced_accuracy(std::span<const float> scores, std::int64_t classes,
                                        std::span<const std::int32_t> labels);

/// Returns the fraction of rows in which the label is among the k highest scores. Ties are resolved
/// as in `accuracy`.
std::optional<double> top_k_accuracy(std::span<const float> scores, std::int64_t classes,
                                     std::span<const std::int32_t> labels, std::int64_t k);

/// Returns the fraction of scores on the same side of the threshold as the target. A score above
/// the threshold predicts 1. A target above 0.5 is 1, and NaN is a missing target. The threshold is
/// 0 for logits and 0.5 for probabilities.
std::optional<double> binary_accuracy(std::span<const float> scores, std::span<const float> targets,
                                      double threshold);

/// Returns the area under the receiver operating characteristic: the probability that a random
/// positive has a higher score than a random negative, where ties count half (Mann-Whitney U with
/// average ranks). Targets are as in `binary_accuracy`. Not defined unless both classes occur.
std::optional<double> auc(std::span<const float> scores, std::span<const float> targets);

/// Returns the `auc` of each column of rows × tasks scores and targets.
std::vector<std::optional<double>> auc_by_task(std::span<const float> scores, std::int64_t tasks,
                                               std::span<const float> targets);

/// Returns the mean of the values of `auc_by_task` that are defined.
std::optional<double> mean_auc(std::span<const float> scores, std::int64_t tasks,
                               std::span<const float> targets);

/// Returns the mean `auc` of each class against the rest, over the classes that occur. Scores are
/// compared between rows, so they must be probabilities, not the logits of a softmax.
std::optional<double> one_vs_rest_auc(std::span<const float> scores, std::int64_t classes,
                                      std::span<const std::int32_t> labels);

/// Returns 2·TP/(2·TP+FP+FN), the harmonic mean of precision and recall. Targets and threshold are
/// as in `binary_accuracy`. Not defined if no row is positive or predicted to be positive.
std::optional<double> f1(std::span<const float> scores, std::span<const float> targets,
                         double threshold);

/// Returns the mean of `f1` over the tasks of rows × tasks where it is defined.
std::optional<double> f1_by_task(std::span<const float> scores, std::int64_t tasks,
                                 std::span<const float> targets, double threshold);

/// Returns the mean F1 of each class against the rest. Classes are predicted as in `accuracy`.
/// Classes that neither occur nor are predicted are left out.
std::optional<double> macro_f1(std::span<const float> scores, std::int64_t classes,
                               std::span<const std::int32_t> labels);

/// Returns the intersection over union of the positives and the predicted positives, TP/(TP+FP+FN),
/// with counts over all rows. The result is the mean over the tasks of rows × tasks where it is
/// defined. `f1_by_task` is the Dice coefficient of the same sets.
std::optional<double> iou_by_task(std::span<const float> scores, std::int64_t tasks,
                                  std::span<const float> targets, double threshold);

/// Returns the mean intersection over union of the classes. Classes are predicted as in `accuracy`.
/// Classes that neither occur nor are predicted are left out. `macro_f1` is the same mean of the
/// Dice coefficient.
std::optional<double> macro_iou(std::span<const float> scores, std::int64_t classes,
                                std::span<const std::int32_t> labels);

/// Returns the square root of the mean squared error over all targets that are not NaN.
std::optional<double> root_mean_squared_error(std::span<const float> predictions,
                                              std::span<const float> targets);

/// Returns the mean absolute error over all targets that are not NaN.
std::optional<double> mean_absolute_error(std::span<const float> predictions,
                                          std::span<const float> targets);

/// Returns the square root of the mean of (log(1 + prediction) − log(1 + target))² over all targets
/// that are not NaN. Not defined if one of the numbers is −1 or less.
std::optional<double> root_mean_squared_log_error(std::span<const float> predictions,
                                                  std::span<const float> targets);

/// Returns twice the mean of t·log(t/p) − t + p over all targets t that are not NaN, with
/// predictions p: the deviance of a Poisson distribution. It is 0 if all predictions are right. Not
/// defined if one of the numbers is negative.
std::optional<double> poisson_deviance(std::span<const float> predictions,
                                       std::span<const float> targets);

/// Returns 1 − residual / total sum of squares, averaged over the `width` columns. NaN targets are
/// left out, and so are columns of equal targets. Not defined if no column is left. The value is at
/// most 1. It is 0 for a prediction of the mean, and negative for a worse one.
std::optional<double> r_squared(std::span<const float> predictions, std::int64_t width,
                                std::span<const float> targets);

}  // namespace selfnorm
