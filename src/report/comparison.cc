// SPDX-License-Identifier: Apache-2.0
#include "report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/quantile.h"
#include "base/text.h"
#include "train/metric_table.h"

namespace selfnorm {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using Cells = std::vector<std::string>;

std::string row(const Cells& cells) { return "| " + join(cells, " | ") + " |\n"; }

std::string heading(const Cells& cells) { return row(cells) + row(Cells(cells.size(), "---")); }

// Escapes a name for a cell of a Markdown table.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("|\\`*_<", at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

// Formats a number over the trials, with the number of trials that have it unless all do.
template <class Number>
std::string format_over_trials(const ContenderTrials& contender, Number number) {
  const TrialStatistics statistics = statistics_over_trials(contender, number);
  const std::int64_t all = std::ssize(contender.trials);
  const bool is_of_some = statistics.count > 0 && statistics.count < all;
  return to_string(statistics) +
         (is_of_some ? fmt::format(" ({} of {})", statistics.count, all) : "");
}

std::string table_by_epoch(const Comparison& c, const std::vector<std::int64_t>& epochs) {
  Cells head = {"configuration", "trainings", "parameters"};
  for (const std::int64_t epoch : epochs) {
    head.push_back(fmt::format("{} after epoch {}", c.metric, epoch));
  }
  head.insert(head.end(), {"best", "test " + c.metric, "seconds per epoch"});
  std::string text = heading(head);
  for (const ContenderTrials& each : c.contenders) {
    const auto failed = std::ranges::count_if(
        each.trials, [](const Trial& trial) { return !trial.failure.empty(); });
    Cells cells = {cell(each.name),
                   fmt::format("{}{}", each.trials.size(),
                               failed > 0 ? fmt::format(", {} failed", failed) : ""),
                   fmt::format("{}", each.parameters)};
    const auto add = [&](auto number) { cells.push_back(format_over_trials(each, number)); };
    for (const std::int64_t epoch : epochs) {
      add([&](const Trial& trial) { return score_after_epoch(trial, c.metric, epoch); });
    }
    add([&](const Trial& trial) { return best_score(trial, c.metric); });
    add([&](const Trial& trial) { return find_score(trial.test, c.metric); });
    const TrialStatistics seconds = statistics_over_trials(each, median_epoch_seconds);
    cells.push_back(seconds.count > 0 ? fmt::format("{:.3g}", seconds.mean) : "-");
    text += row(cells);
  }
  return text;
}

std::string table_by_seconds(const Comparison& c, const std::vector<std::int64_t>& epochs) {
  std::vector<double> times;
  for (const std::int64_t epoch : epochs) {
    double fastest = kNone;
    for (const ContenderTrials& each : c.contenders) {
      const TrialStatistics statistics = statistics_over_trials(
          each, [&](const Trial& trial) { return seconds_until_epoch_end(trial, epoch); });
      if (statistics.count > 0 && !(fastest <= statistics.mean)) fastest = statistics.mean;
    }
    if (!std::isnan(fastest)) times.push_back(fastest);
  }
  if (times.empty()) return "";
  Cells head = {"configuration"};
  for (const double seconds : times) {
    head.push_back(fmt::format("{} after {:.3g} s", c.metric, seconds));
  }
  std::string text =
      "\n"
      "Scores after equal training times: those that the fastest configuration needs for these "
      "epochs.\n"
      "\n" +
      heading(head);
  for (const ContenderTrials& each : c.contenders) {
    Cells cells = {cell(each.name)};
    for (const double seconds : times) {
      cells.push_back(format_over_trials(
          each, [&](const Trial& trial) { return score_at_time(trial, c.metric, seconds); }));
    }
    text += row(cells);
  }
  return text;
}

std::string failures(const Comparison& c) {
  std::string text;
  for (const ContenderTrials& each : c.contenders) {
    for (const Trial& trial : each.trials) {
      if (trial.failure.empty()) continue;
      text += fmt::format("\n{}, seed {}, did not finish: {}\n", cell(each.name), trial.seed,
                          cell(trial.failure));
    }
  }
  return text;
}

}  // namespace

TrialStatistics trial_statistics(const std::vector<double>& values) {
  TrialStatistics statistics{0, 0, 0};
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    statistics.mean += value;
    ++statistics.count;
  }
  const auto n = static_cast<double>(statistics.count);
  statistics.mean = statistics.count > 0 ? statistics.mean / n : kNone;
  for (const double value : values) {
    if (std::isfinite(value)) statistics.standard_deviation += std::pow(value - statistics.mean, 2);
  }
  statistics.standard_deviation =
      statistics.count > 1 ? std::sqrt(statistics.standard_deviation / (n - 1)) : kNone;
  return statistics;
}

std::string to_string(const TrialStatistics& statistics) {
  if (statistics.count == 0) return "-";
  const double size = std::abs(statistics.mean);
  const bool is_plain = size == 0 || (size >= 1e-3 && size < 1e5);
  const auto text = [&](double value) {
    return is_plain ? fmt::format("{:.4f}", value) : fmt::format("{:.3e}", value);
  };
  return statistics.count == 1
             ? text(statistics.mean)
             : text(statistics.mean) + " ± " + text(statistics.standard_deviation);
}

double score_after_epoch(const Trial& trial, const std::string& metric, std::int64_t epoch) {
  double score = kNone;
  for (const EpochRecord& record : trial.epochs) {
    if (record.epoch <= epoch) score = find_score(record.validation, metric);
  }
  const bool failed_before =
      !trial.failure.empty() && (trial.epochs.empty() || trial.epochs.back().epoch < epoch);
  return failed_before ? kNone : score;
}

double score_at_time(const Trial& trial, const std::string& metric, double seconds) {
  double score = kNone, passed = 0;
  for (const EpochRecord& record : trial.epochs) {
    passed += record.seconds;
    if (passed <= seconds) score = find_score(record.validation, metric);
  }
  return !trial.failure.empty() && seconds > passed ? kNone : score;
}

double best_score(const Trial& trial, const std::string& metric) {
  double best = kNone;
  for (const EpochRecord& record : trial.epochs) {
    const double score = find_score(record.validation, metric);
    const bool is_better = higher_is_better(metric) ? score > best : score < best;
    if (std::isnan(best) || is_better) best = score;
  }
  return best;
}

double seconds_until_epoch_end(const Trial& trial, std::int64_t epoch) {
  double passed = 0;
  for (const EpochRecord& record : trial.epochs) {
    passed += record.seconds;
    if (record.epoch == epoch) return passed;
  }
  return kNone;
}

double median_epoch_seconds(const Trial& trial) {
  std::vector<double> seconds;
  for (const EpochRecord& record : trial.epochs) seconds.push_back(record.seconds);
  if (seconds.empty()) return kNone;
  std::ranges::sort(seconds);
  return quantile_of(seconds, 0.5);
}

std::vector<std::int64_t> tabulated_epochs(const Comparison& comparison) {
  std::int64_t last = 0;
  for (const ContenderTrials& each : comparison.contenders) {
    for (const Trial& trial : each.trials) {
      if (!trial.epochs.empty()) last = std::max(last, trial.epochs.back().epoch);
    }
  }
  std::vector<std::int64_t> epochs;
  for (std::int64_t unit = 1; unit <= last; unit *= 10) {
    for (const std::int64_t epoch : {unit, 3 * unit}) {
      if (epoch < last) epochs.push_back(epoch);
    }
  }
  if (last > 0) epochs.push_back(last);
  return epochs;
}

std::string comparison_markdown(const Comparison& comparison,
                                const std::vector<std::int64_t>& epochs) {
  return fmt::format(
      "Mean ± standard deviation over the trainings, {} of the validation rows.\n\n{}{}{}",
      comparison.metric, table_by_epoch(comparison, epochs), table_by_seconds(comparison, epochs),
      failures(comparison));
}

}  // namespace selfnorm
