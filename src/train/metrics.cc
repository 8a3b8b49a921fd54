// SPDX-License-Identifier: Apache-2.0
#include "train/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using Result = std::optional<double>;

// Column `task` of rows × tasks numbers.
struct Column {
  std::span<const float> numbers;
  std::size_t tasks = 1;
  std::size_t task = 0;

  std::size_t rows() const { return numbers.size() / tasks; }
  double operator[](std::size_t row) const { return numbers[row * tasks + task]; }
};

[[noreturn]] void fail_sizes(std::size_t scores, std::int64_t columns, std::size_t targets) {
  throw Error(ErrorKind::shape,
              fmt::format("metric: {} scores in rows of {} do not match {} targets", scores,
                          columns, targets));
}

void check_classes(std::span<const float> scores, std::int64_t classes,
                   std::span<const std::int32_t> labels) {
  const bool fits =
      classes > 0 && scores.size() == labels.size() * static_cast<std::size_t>(classes);
  if (!fits) fail_sizes(scores.size(), classes, labels.size());
  for (const std::int32_t label : labels) {
    if (label >= 0 && label < classes) continue;
    throw Error(ErrorKind::data, fmt::format("metric: label {} is out of range, expected 0 to {}",
                                             label, classes - 1));
  }
}

void check_tasks(std::span<const float> scores, std::int64_t tasks,
                 std::span<const float> targets) {
  const bool fits = tasks > 0 && scores.size() == targets.size() &&
                    scores.size() % static_cast<std::size_t>(tasks) == 0;
  if (!fits) fail_sizes(scores.size(), tasks, targets.size());
}

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// Returns whether class a ranks before class b in the order of the scores.
bool ranks_before(std::span<const float> row, std::size_t a, std::size_t b) {
  if (std::isnan(row[a]) || std::isnan(row[b])) return !std::isnan(row[a]);
  return row[a] > row[b] || (row[a] == row[b] && a < b);
}

// Returns the class with the highest score, or −1 if all scores are NaN.
std::int64_t best_class(std::span<const float> row) {
  std::size_t best = 0;
  for (std::size_t c = 1; c < row.size(); ++c) {
    if (ranks_before(row, c, best)) best = c;
  }
  return std::isnan(row[best]) ? -1 : static_cast<std::int64_t>(best);
}

Result mean_of(const std::vector<Result>& results) {
  double sum = 0;
  std::int64_t count = 0;
  for (const Result& result : results) {
    if (result) sum += *result, ++count;
  }
  return count > 0 ? Result(sum / static_cast<double>(count)) : std::nullopt;
}

struct ScoredSample {
  double score = 0;
  bool positive = false;
};

// Average ranks are multiples of 1/2. Twice their sum is whole, and therefore exact below 2^53.
Result rank_auc(std::vector<ScoredSample> rows) {
  const bool any_nan =
      std::ranges::any_of(rows, [](const ScoredSample& row) { return std::isnan(row.score); });
  std::int64_t positives = std::ranges::count(rows, true, &ScoredSample::positive);
  const std::int64_t negatives = std::ssize(rows) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  if (any_nan) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(rows, {}, &ScoredSample::score);
  double twice_rank_sum = 0;
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    std::int64_t positives_here = 0;
    for (; end < rows.size() && rows[end].score == rows[begin].score; ++end) {
      positives_here += rows[end].positive ? 1 : 0;
    }
    const auto twice_average_rank = static_cast<double>(begin + 1 + end);
    twice_rank_sum += twice_average_rank * static_cast<double>(positives_here);
  }
  const auto p = static_cast<double>(positives);
  return (twice_rank_sum / 2 - p * (p + 1) / 2) / (p * static_cast<double>(negatives));
}

Result column_auc(const Column& scores, const Column& targets) {
  std::vector<ScoredSample> rows;
  rows.reserve(scores.rows());
  for (std::size_t r = 0; r < scores.rows(); ++r) {
    if (!std::isnan(targets[r])) rows.push_back({scores[r], targets[r] > 0.5});
  }
  return rank_auc(std::move(rows));
}

struct Counts {
  std::int64_t true_positive = 0, false_positive = 0, false_negative = 0;

  void add(bool prediction, bool truth) {
    true_positive += prediction && truth;
    false_positive += prediction && !truth;
    false_negative += !prediction && truth;
  }
  Result f1() const {
    const std::int64_t whole = 2 * true_positive + false_positive + false_negative;
    return whole > 0 ? Result(ratio(2 * true_positive, whole)) : std::nullopt;
  }
  Result recall() const {
    const std::int64_t rows = true_positive + false_negative;
    return rows > 0 ? Result(ratio(true_positive, rows)) : std::nullopt;
  }
  Result iou() const {
    const std::int64_t either = true_positive + false_positive + false_negative;
    return either > 0 ? Result(ratio(true_positive, either)) : std::nullopt;
  }
};

Counts column_counts(const Column& scores, const Column& targets, double threshold) {
  Counts counts;
  for (std::size_t r = 0; r < scores.rows(); ++r) {
    if (!std::isnan(targets[r])) counts.add(scores[r] > threshold, targets[r] > 0.5);
  }
  return counts;
}

// Counts the predictions for each class against the rest.
std::vector<Counts> class_counts(std::span<const float> scores, std::int64_t classes,
                                 std::span<const std::int32_t> labels) {
  check_classes(scores, classes, labels);
  const auto width = static_cast<std::size_t>(classes);
  std::vector<Counts> counts(width);
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const std::int64_t prediction = best_class(scores.subspan(r * width, width));
    if (prediction == labels[r]) {
      counts[static_cast<std::size_t>(prediction)].true_positive += 1;
      continue;
    }
    counts[static_cast<std::size_t>(labels[r])].false_negative += 1;
    if (prediction >= 0) counts[static_cast<std::size_t>(prediction)].false_positive += 1;
  }
  return counts;
}

template <class Measure>
Result mean_over(const std::vector<Counts>& counts, Measure measure) {
  std::vector<Result> results;
  for (const Counts& count : counts) results.push_back((count.*measure)());
  return mean_of(results);
}

template <class Metric>
std::vector<Result> by_task(std::span<const float> scores, std::int64_t tasks,
                            std::span<const float> targets, Metric metric) {
  check_tasks(scores, tasks, targets);
  const auto width = static_cast<std::size_t>(tasks);
  std::vector<Result> results;
  for (std::size_t task = 0; task < width; ++task) {
    results.push_back(metric(Column{scores, width, task}, Column{targets, width, task}));
  }
  return results;
}

template <class Loss>
Result mean_loss(std::span<const float> predictions, std::span<const float> targets, Loss loss) {
  check_tasks(predictions, 1, targets);
  double sum = 0;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (std::isnan(targets[i])) continue;
    sum += loss(static_cast<double>(predictions[i]), static_cast<double>(targets[i]));
    ++count;
  }
  return count > 0 ? Result(sum / static_cast<double>(count)) : std::nullopt;
}

bool has_number_below(std::span<const float> values, float bound) {
  return std::ranges::any_of(values, [=](float value) { return value < bound; });
}

// Returns t·log(t/p) − t + p, which is p for t = 0 and infinite for an infinite p.
double deviance(double p, double t) {
  return std::isinf(p) ? p : (t > 0 ? t * std::log(t / p) : 0) - t + p;
}

Result column_r_squared(const Column& predictions, const Column& targets) {
  double sum = 0, count = 0;
  for (std::size_t r = 0; r < targets.rows(); ++r) {
    if (!std::isnan(targets[r])) sum += targets[r], ++count;
  }
  const double mean = sum / count;
  double residual = 0, total = 0;
  bool varies = false;
  std::optional<double> first;
  for (std::size_t r = 0; r < targets.rows(); ++r) {
    const double target = targets[r];
    if (std::isnan(target)) continue;
    if (!first) first = target;
    varies = varies || target != *first;
    residual += (target - predictions[r]) * (target - predictions[r]);
    total += (target - mean) * (target - mean);
  }
  return varies ? Result(1 - residual / total) : std::nullopt;
}

}  // namespace

Result accuracy(std::span<const float> scores, std::int64_t classes,
                std::span<const std::int32_t> labels) {
  return top_k_accuracy(scores, classes, labels, 1);
}

Result top_k_accuracy(std::span<const float> scores, std::int64_t classes,
                      std::span<const std::int32_t> labels, std::int64_t k) {
  check_classes(scores, classes, labels);
  const auto width = static_cast<std::size_t>(classes);
  std::int64_t hits = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const auto row = scores.subspan(r * width, width);
    const auto label = static_cast<std::size_t>(labels[r]);
    std::int64_t rank = 0;
    for (std::size_t c = 0; c < width; ++c)
      rank += c != label && ranks_before(row, c, label) ? 1 : 0;
    hits += rank < k && !std::isnan(row[label]) ? 1 : 0;
  }
  return labels.empty() ? std::nullopt : Result(ratio(hits, std::ssize(labels)));
}

Result balanced_accuracy(std::span<const float> scores, std::int64_t classes,
                         std::span<const std::int32_t> labels) {
  return mean_over(class_counts(scores, classes, labels), &Counts::recall);
}

Result binary_accuracy(std::span<const float> scores, std::span<const float> targets,
                       double threshold) {
  check_tasks(scores, 1, targets);
  std::int64_t hits = 0, count = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (std::isnan(targets[i])) continue;
    const bool right = (scores[i] > threshold) == (targets[i] > 0.5f);
    hits += right && !std::isnan(scores[i]) ? 1 : 0;
    ++count;
  }
  return count > 0 ? Result(ratio(hits, count)) : std::nullopt;
}

Result auc(std::span<const float> scores, std::span<const float> targets) {
  return auc_by_task(scores, 1, targets).front();
}

std::vector<Result> auc_by_task(std::span<const float> scores, std::int64_t tasks,
                                std::span<const float> targets) {
  return by_task(scores, tasks, targets, column_auc);
}

Result mean_auc(std::span<const float> scores, std::int64_t tasks, std::span<const float> targets) {
  return mean_of(auc_by_task(scores, tasks, targets));
}

Result one_vs_rest_auc(std::span<const float> scores, std::int64_t classes,
                       std::span<const std::int32_t> labels) {
  check_classes(scores, classes, labels);
  const auto width = static_cast<std::size_t>(classes);
  std::vector<Result> results;
  for (std::size_t c = 0; c < width; ++c) {
    std::vector<ScoredSample> rows;
    for (std::size_t r = 0; r < labels.size(); ++r) {
      rows.push_back({scores[r * width + c], labels[r] == static_cast<std::int32_t>(c)});
    }
    results.push_back(rank_auc(std::move(rows)));
  }
  return mean_of(results);
}

Result f1(std::span<const float> scores, std::span<const float> targets, double threshold) {
  return f1_by_task(scores, 1, targets, threshold);
}

Result f1_by_task(std::span<const float> scores, std::int64_t tasks, std::span<const float> targets,
                  double threshold) {
  return mean_of(by_task(scores, tasks, targets, [&](const Column& s, const Column& t) {
    return column_counts(s, t, threshold).f1();
  }));
}

Result macro_f1(std::span<const float> scores, std::int64_t classes,
                std::span<const std::int32_t> labels) {
  return mean_over(class_counts(scores, classes, labels), &Counts::f1);
}

Result iou_by_task(std::span<const float> scores, std::int64_t tasks,
                   std::span<const float> targets, double threshold) {
  return mean_of(by_task(scores, tasks, targets, [&](const Column& s, const Column& t) {
    return column_counts(s, t, threshold).iou();
  }));
}

Result macro_iou(std::span<const float> scores, std::int64_t classes,
                 std::span<const std::int32_t> labels) {
  return mean_over(class_counts(scores, classes, labels), &Counts::iou);
}

Result root_mean_squared_error(std::span<const float> predictions, std::span<const float> targets) {
  const Result mean =
      mean_loss(predictions, targets, [](double p, double t) { return (p - t) * (p - t); });
  return mean ? Result(std::sqrt(*mean)) : std::nullopt;
}

Result mean_absolute_error(std::span<const float> predictions, std::span<const float> targets) {
  return mean_loss(predictions, targets, [](double p, double t) { return std::abs(p - t); });
}

Result root_mean_squared_log_error(std::span<const float> predictions,
                                   std::span<const float> targets) {
  const auto lacks_logarithm = [](float value) { return value <= -1; };
  if (std::ranges::any_of(predictions, lacks_logarithm) ||
      std::ranges::any_of(targets, lacks_logarithm)) {
    return std::nullopt;
  }
  const Result mean = mean_loss(predictions, targets, [](double p, double t) {
    const double error = std::log1p(p) - std::log1p(t);
    return error * error;
  });
  return mean ? Result(std::sqrt(*mean)) : std::nullopt;
}

Result poisson_deviance(std::span<const float> predictions, std::span<const float> targets) {
  if (has_number_below(predictions, 0) || has_number_below(targets, 0)) return std::nullopt;
  const Result mean = mean_loss(predictions, targets, deviance);
  return mean ? Result(2 * *mean) : std::nullopt;
}

Result r_squared(std::span<const float> predictions, std::int64_t width,
                 std::span<const float> targets) {
  return mean_of(by_task(predictions, width, targets, column_r_squared));
}

}  // namespace selfnorm
