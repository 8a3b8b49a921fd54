// SPDX-License-Identifier: Apache-2.0
// Statistics of a classifier's predictions, as plain numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace selfnorm {

/// Predicted probabilities, rows × classes, with the true class of each row.
struct ClassPredictions {
  std::span<const float> probabilities;
  std::span<const std::int32_t> truth;
  std::int64_t classes = 0;
  std::span<const float> row_probabilities(std::size_t row) const {
    const auto width = static_cast<std::size_t>(classes);
    return probabilities.subspan(row * width, width);
  }
};

/// Returns the most probable class of a row; the first one of equally probable classes.
std::int32_t predicted_class(std::span<const float> probabilities);

/// Returns the number of rows for each true class (first index) and predicted class.
std::vector<std::vector<std::int64_t>> confusion(const ClassPredictions& predictions);

/// A true class, the class that was predicted instead, and the number of such rows.
struct ConfusedPair {
  std::int32_t truth = 0, predicted = 0;
  std::int64_t rows = 0;
};

/// Returns at most `max_count` pairs, the most frequent first. They replace the confusion matrix if
/// there are too many classes for a table.
std::vector<ConfusedPair> confused_pairs(const ClassPredictions& predictions,
                                         std::size_t max_count);

/// Returns at most `max_count` rows with a wrong prediction, the most confident first.
std::vector<std::size_t> most_confident_errors(const ClassPredictions& predictions,
                                               std::size_t max_count);

/// The rows with a highest probability in one of ten equal bins.
struct ConfidenceBin {
  double confidence = 0, accuracy = 0;  ///< means over the bin's rows
  std::int64_t rows = 0;
};

/// Returns all ten bins.
std::vector<ConfidenceBin> confidence_bins(const ClassPredictions& predictions);

/// Returns the expected calibration error (Guo et al. 2017): the distance of confidence and
/// accuracy, averaged over the rows.
double expected_calibration_error(const std::vector<ConfidenceBin>& bins);

}  // namespace selfnorm
