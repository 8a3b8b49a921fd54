// SPDX-License-Identifier: Apache-2.0
#include "train/score_ranges.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "base/index.h"
#include "base/random.h"
#include "train/metric_table.h"

namespace selfnorm {
namespace {

constexpr int kResamples = 200;
constexpr std::int64_t kMaxResampledRows = 5000;
constexpr double kQuantile = 1.959963984540054;  // of the normal distribution at 0.975
constexpr double kOutside = 0.025;               // of the resamples, below and above the interval

bool is_accuracy(const std::string& name) {
  return name == "accuracy" || (name.starts_with("top_") && name.ends_with("_accuracy"));
}

// Returns Wilson's interval for a fraction of `count` independent rows (Wilson 1927).
ScoreRange wilson_interval(const std::string& name, double fraction, double count) {
  const double z2 = kQuantile * kQuantile / count;
  const double center = (fraction + z2 / 2) / (1 + z2);
  const double half =
      kQuantile / (1 + z2) * std::sqrt((fraction * (1 - fraction) + z2 / 4) / count);
  return {name, std::max(0.0, center - half), std::min(1.0, center + half)};
}

// Draws rows with replacement and returns the metrics of each sample, by name.
std::map<std::string, std::vector<double>> resampled_scores(const Objective& objective,
                                                            std::span<const float> outputs,
                                                            const Shape& output,
                                                            const Targets& targets,
                                                            std::span<const std::int64_t> rows) {
  const std::int64_t count = std::min(std::ssize(rows), kMaxResampledRows);
  const auto width = as_index(elements(output));
  std::map<std::string, std::vector<double>> scores;
  std::vector<float> drawn_outputs(as_index(count) * width);
  std::vector<std::int64_t> drawn_rows(as_index(count));
  const RandomKey key = random_key(1, "score", "rows");
  for (int sample = 0; sample < kResamples; ++sample) {
    for (std::int64_t i = 0; i < count; ++i) {
      const auto draw = static_cast<std::uint64_t>(sample) * static_cast<std::uint64_t>(count) +
                        static_cast<std::uint64_t>(i);
      const auto from = as_index(
          static_cast<std::int64_t>(uniform(key, draw) * static_cast<double>(std::ssize(rows))));
      drawn_rows[as_index(i)] = rows[from];
      std::copy_n(outputs.begin() + static_cast<std::ptrdiff_t>(from * width), width,
                  drawn_outputs.begin() + static_cast<std::ptrdiff_t>(as_index(i) * width));
    }
    for (const auto& [name, value] :
         compute_metrics(objective, drawn_outputs, output, targets, drawn_rows))
      scores[name].push_back(value);
  }
  return scores;
}

// Returns the interval around a score. Samples of fewer rows than there are vary more.
ScoreRange bootstrap_interval(const std::string& name, double score, std::vector<double> samples,
                              std::int64_t rows) {
  constexpr std::int64_t kMinRows = 20;  // samples of fewer rows say little about other rows
  ScoreRange range{name};
  std::erase_if(samples, [](double value) { return std::isnan(value); });
  if (rows < kMinRows || samples.size() < kResamples / 2) return range;
  std::ranges::sort(samples);
  const auto quantile = [&](double p) {
    const auto at = std::llround(p * static_cast<double>(samples.size() - 1));
    return samples[as_index(at)];
  };
  // The score is the same in all samples, for example because all rows are right.
  if (quantile(kOutside) == quantile(1 - kOutside)) return range;
  const double drawn = static_cast<double>(std::min(rows, kMaxResampledRows));
  const double shrink = std::sqrt(drawn / static_cast<double>(rows));
  range.low = score + shrink * (quantile(kOutside) - score);
  range.high = score + shrink * (quantile(1 - kOutside) - score);
  return range;
}

// Returns the outputs of the network that predicts the same for every row: the logarithms of the
// shares of classes, the log odds of each label, or the mean of each target.
std::vector<float> constant_outputs(const Objective& objective, std::int64_t width,
                                    const Targets& targets, std::span<const std::int64_t> rows) {
  const std::int64_t per_row = target_width(objective, {width});
  std::vector<float> gathered(rows.size() * as_index(per_row));
  gather_targets(objective, targets, rows, gathered.data());
  std::vector<double> sum(as_index(width), 0), count(as_index(width), 0);
  for (std::size_t i = 0; i < gathered.size(); ++i) {
    if (uses_class_indices(objective.targets)) {
      const auto label = std::bit_cast<std::int32_t>(gathered[i]);
      if (label >= 0) sum[as_index(label)] += 1;
      for (double& each : count) each += 1;
    } else if (!std::isnan(gathered[i])) {
      sum[i % as_index(width)] += gathered[i];
      count[i % as_index(width)] += 1;
    }
  }
  std::vector<float> outputs;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const double mean = count[i] > 0 ? sum[i] / count[i] : 0;
    const double share = std::clamp(mean, 1e-6, 1 - 1e-6);
    const bool is_number = objective.targets == TargetKind::values;
    const bool is_label = objective.targets == TargetKind::probabilities;
    outputs.push_back(static_cast<float>(is_number  ? output_of_value(objective, mean)
                                         : is_label ? std::log(share / (1 - share))
                                                    : std::log(share)));
  }
  std::vector<float> all;
  for (std::size_t i = 0; i < rows.size(); ++i)
    all.insert(all.end(), outputs.begin(), outputs.end());
  return all;
}

}  // namespace

ScoreRanges score_ranges(const Objective& objective, std::span<const float> outputs,
                         const Shape& output, const Targets& targets,
                         std::span<const std::int64_t> rows) {
  if (output.size() != 1 || rows.empty()) return {};
  const Scores scores = compute_metrics(objective, outputs, output, targets, rows);
  const Scores baseline = compute_metrics(
      objective, constant_outputs(objective, output[0], targets, rows), output, targets, rows);
  auto resampled = resampled_scores(objective, outputs, output, targets, rows);
  ScoreRanges ranges;
  for (const auto& [name, score] : scores) {
    const bool is_one_label = objective.targets != TargetKind::probabilities || output[0] == 1;
    const bool counts_rows = is_accuracy(name) && is_one_label;
    ranges.push_back(counts_rows
                         ? wilson_interval(name, score, static_cast<double>(rows.size()))
                         : bootstrap_interval(name, score, resampled[name], std::ssize(rows)));
    constexpr double kRounding = 1e-9;
    const double constant = find_score(baseline, name);
    const bool is_rounding = name == "r2" && std::abs(constant) < kRounding;  // exactly 0
    ranges.back().baseline = is_rounding ? 0 : constant;
  }
  return ranges;
}

Objective final_objective(const Objective& objective, const Targets& targets,
                          std::span<const std::int64_t> rows) {
  Objective final_one = objective;
  const bool is_uneven =
      objective.targets == TargetKind::classes && are_classes_uneven(targets, rows);
  if (!is_uneven) return final_one;
  for (const char* name : {"balanced_accuracy", "auc"})
    if (std::ranges::count(objective.metrics, name) == 0) final_one.metrics.emplace_back(name);
  return final_one;
}

bool are_classes_uneven(const Targets& targets, std::span<const std::int64_t> rows) {
  constexpr std::int64_t kUneven = 3;
  if (targets.classes.empty() || rows.empty()) return false;
  std::vector<std::int64_t> counts(targets.class_names.size(), 0);
  for (const std::int64_t row : rows) ++counts[as_index(targets.classes[as_index(row)])];
  const auto [low, high] = std::ranges::minmax(counts);
  return high >= kUneven * low;
}

}  // namespace selfnorm
