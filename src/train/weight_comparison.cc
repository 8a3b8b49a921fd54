// SPDX-License-Identifier: Apache-2.0
#include "train/weight_comparison.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/index.h"
#include "train/metric_table.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kMaxGroups = 32;

// Deals the rows to groups in turn, so that rows sorted by class do not become groups of a class.
std::vector<std::vector<std::int64_t>> deal(std::span<const std::int64_t> rows) {
  std::vector<std::vector<std::int64_t>> groups(
      as_index(std::min<std::int64_t>(kMaxGroups, std::ssize(rows))));
  for (std::size_t i = 0; i < rows.size(); ++i) groups[i % groups.size()].push_back(rows[i]);
  return groups;
}

std::vector<double> scores_of_groups(Evaluator& evaluator, const Dataset& data,
                                     const std::vector<std::vector<std::int64_t>>& groups,
                                     const std::string& score) {
  std::vector<double> scores;
  for (const auto& group : groups)
    scores.push_back(find_score(evaluator.score(data, group), score));
  return scores;
}

// Gives a model other weights while it exists.
class TemporaryWeights {
 public:
  TemporaryWeights(Weights& weights, const Weights& other)
      : weights_(weights), kept_(weights.data(), weights.data() + weights.size()) {
    std::copy_n(other.data(), other.size(), weights_.data());
  }
  ~TemporaryWeights() { std::ranges::copy(kept_, weights_.data()); }
  TemporaryWeights(const TemporaryWeights&) = delete;
  TemporaryWeights& operator=(const TemporaryWeights&) = delete;

 private:
  Weights& weights_;
  std::vector<float> kept_;
};

}  // namespace

double standard_errors_better(TrainedModel& model, const Weights& other, Evaluator& evaluator,
                              const Dataset& data, std::span<const std::int64_t> rows,
                              const std::string& score) {
  const auto groups = deal(rows);
  const std::vector<double> own = scores_of_groups(evaluator, data, groups, score);
  const std::vector<double> others = [&] {
    const TemporaryWeights temporary(model.weights, other);  // which the evaluator reads in place
    return scores_of_groups(evaluator, data, groups, score);
  }();
  const double sign = higher_is_better(score) ? 1 : -1;
  std::vector<double> gains;
  for (std::size_t i = 0; i < own.size(); ++i)
    if (const double gain = sign * (others[i] - own[i]); std::isfinite(gain)) gains.push_back(gain);
  if (gains.size() < 2) return std::nan("");
  const auto count = static_cast<double>(gains.size());
  double mean = 0, variance = 0;
  for (const double gain : gains) mean += gain / count;
  for (const double gain : gains) variance += (gain - mean) * (gain - mean) / (count - 1);
  return mean == 0 ? 0 : mean / std::sqrt(variance / count);
}

}  // namespace selfnorm
