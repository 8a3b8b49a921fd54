// SPDX-License-Identifier: Apache-2.0
// What predictions say about a classifier: plain numbers from probabilities and classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace selfnorm {

/// Probabilities of rows × classes beside each row's class.
struct Judged {
  std::span<const float> probabilities;
  std::span<const std::int32_t> truth;
  std::int64_t classes = 0;
  std::span<const float> of(std::size_t row) const {
    const auto width = static_cast<std::size_t>(classes);
    return probabilities.subspan(row * width, width);
  }
};

/// The most probable class of a row; of equal ones the first.
std::int32_t predicted_class(std::span<const float> probabilities);

/// Rows by truth × prediction.
std::vector<std::vector<std::int64_t>> confusion(const Judged& judged);

/// At most so many pairs of classes of which one is taken for the other, the most often first: for
/// very many classes, of which a table would be large.
struct ConfusedPair {
  std::int32_t truth = 0, predicted = 0;
  std::int64_t rows = 0;
};
std::vector<ConfusedPair> confused_pairs(const Judged& judged, std::size_t most);

/// At most so many rows that are predicted wrongly, those first of which the network is surest.
std::vector<std::size_t> most_confident_errors(const Judged& judged, std::size_t most);

/// Rows whose highest probability lies in one of ten equal bins.
struct ConfidenceBin {
  double confidence = 0, accuracy = 0;  ///< means over the bin's rows
  std::int64_t rows = 0;
};
std::vector<ConfidenceBin> confidence_bins(const Judged& judged);

/// The mean distance of confidence and accuracy over the rows: the expected calibration error (Guo
/// et al. 2017).
double expected_calibration_error(const std::vector<ConfidenceBin>& bins);

}  // namespace selfnorm
