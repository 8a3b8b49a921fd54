// SPDX-License-Identifier: Apache-2.0
#include "report/classification.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace selfnorm {

std::int32_t predicted_class(std::span<const float> probabilities) {
  return static_cast<std::int32_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

std::vector<std::vector<std::int64_t>> confusion(const ClassPredictions& predictions) {
  const auto classes = static_cast<std::size_t>(predictions.classes);
  std::vector<std::vector<std::int64_t>> counts(classes, std::vector<std::int64_t>(classes));
  for (std::size_t row = 0; row < predictions.truth.size(); ++row) {
    const auto truth = static_cast<std::size_t>(predictions.truth[row]);
    ++counts[truth][static_cast<std::size_t>(predicted_class(predictions.row_probabilities(row)))];
  }
  return counts;
}

std::vector<ConfusedPair> confused_pairs(const ClassPredictions& predictions,
                                         std::size_t max_count) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> counts;
  for (std::size_t row = 0; row < predictions.truth.size(); ++row) {
    const std::int32_t predicted = predicted_class(predictions.row_probabilities(row));
    if (predicted != predictions.truth[row]) ++counts[{predictions.truth[row], predicted}];
  }
  std::vector<ConfusedPair> pairs;
  for (const auto& [classes, rows] : counts) pairs.push_back({classes.first, classes.second, rows});
  std::ranges::stable_sort(pairs, std::ranges::greater{}, &ConfusedPair::rows);
  pairs.resize(std::min(pairs.size(), max_count));
  return pairs;
}

std::vector<std::size_t> most_confident_errors(const ClassPredictions& predictions,
                                               std::size_t max_count) {
  std::vector<std::size_t> wrong;
  for (std::size_t row = 0; row < predictions.truth.size(); ++row) {
    if (predicted_class(predictions.row_probabilities(row)) != predictions.truth[row])
      wrong.push_back(row);
  }
  const auto confidence = [&](std::size_t row) {
    return std::ranges::max(predictions.row_probabilities(row));
  };
  std::ranges::stable_sort(wrong, std::ranges::greater{}, confidence);
  wrong.resize(std::min(wrong.size(), max_count));
  return wrong;
}

std::vector<ConfidenceBin> confidence_bins(const ClassPredictions& predictions) {
  constexpr std::size_t kBins = 10;
  std::vector<ConfidenceBin> bins(kBins);
  for (std::size_t row = 0; row < predictions.truth.size(); ++row) {
    const double confidence = std::ranges::max(predictions.row_probabilities(row));
    const auto place = static_cast<std::size_t>(std::clamp(confidence, 0.0, 1.0) * kBins);
    ConfidenceBin& bin = bins[std::min(place, kBins - 1)];
    bin.confidence += confidence;
    bin.accuracy += predicted_class(predictions.row_probabilities(row)) == predictions.truth[row];
    ++bin.rows;
  }
  for (ConfidenceBin& bin : bins) {
    if (bin.rows == 0) continue;
    bin.confidence /= static_cast<double>(bin.rows);
    bin.accuracy /= static_cast<double>(bin.rows);
  }
  return bins;
}

double expected_calibration_error(const std::vector<ConfidenceBin>& bins) {
  double off = 0, rows = 0;
  for (const ConfidenceBin& bin : bins) {
    off += static_cast<double>(bin.rows) * std::abs(bin.confidence - bin.accuracy);
    rows += static_cast<double>(bin.rows);
  }
  return rows > 0 ? off / rows : 0;
}

}  // namespace selfnorm
