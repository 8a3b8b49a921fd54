// SPDX-License-Identifier: Apache-2.0
// The document of a comparison, for the page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "report/comparison.h"
#include "train/metric_table.h"

namespace selfnorm {
namespace {

std::int64_t last_epoch(const ContenderTrials& contender) {
  std::int64_t last = 0;
  for (const Trial& trial : contender.trials) {
    if (!trial.epochs.empty()) last = std::max(last, trial.epochs.back().epoch);
  }
  return last;
}

Json curves_json(const ContenderTrials& contender, const std::string& metric) {
  Json by_epoch = Json::array(), by_second = Json::array();
  for (const CurvePoint& p : learning_curve(contender, metric)) {
    by_epoch.push_back(Json::array({p.epoch, number(p.mean), number(p.standard_deviation)}));
    by_second.push_back(
        Json::array({number(p.seconds), number(p.mean), number(p.standard_deviation)}));
  }
  return {{"name", contender.name}, {"by_epoch", by_epoch}, {"by_second", by_second}};
}

Json final_scores_json(const Comparison& c) {
  Json rows = Json::array();
  for (const ContenderTrials& each : c.contenders) {
    const auto over = [&](auto score) { return to_string(statistics_over_trials(each, score)); };
    rows.push_back({each.name, each.parameters, over([&](const Trial& trial) {
                      return trial.failure.empty()
                                 ? score_after_epoch(trial, c.metric, last_epoch(each))
                                 : std::numeric_limits<double>::quiet_NaN();
                    }),
                    over([&](const Trial& trial) { return best_score(trial, c.metric); }),
                    over([&](const Trial& trial) { return find_score(trial.test, c.metric); }),
                    number(statistics_over_trials(each, median_epoch_seconds).mean)});
  }
  return rows;
}

std::vector<double> best_scores(const ContenderTrials& contender, const std::string& metric) {
  std::vector<double> scores;
  for (const Trial& trial : contender.trials) {
    if (!trial.failure.empty()) continue;
    const double score = best_score(trial, metric);
    if (std::isfinite(score)) scores.push_back(score);
  }
  return scores;
}

Json significance_json(const Comparison& c) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < c.contenders.size(); ++i) {
    for (std::size_t j = i + 1; j < c.contenders.size(); ++j) {
      const auto a = best_scores(c.contenders[i], c.metric),
                 b = best_scores(c.contenders[j], c.metric);
      const double difference = trial_statistics(a).mean - trial_statistics(b).mean;
      rows.push_back({c.contenders[i].name, c.contenders[j].name, number(difference),
                      number(permutation_test_p_value(a, b))});
    }
  }
  return {{"text",
           "Each row compares the best scores of two configurations, over the trainings that "
           "finished. The difference is that of the mean scores. p is the probability of a "
           "difference at least as large if both configurations are equally good. It comes from a "
           "two-sided permutation test, which is exact for up to 24 trainings and assumes that all "
           "trainings are independent. p is not corrected for the number of pairs. With three "
           "trainings of each configuration, it is at least 0.1."},
          {"head", Json::array({"configuration", "compared with", "difference", "p"})},
          {"rows", rows}};
}

// Names the best configuration and the second best, and says whether their difference may be
// chance. Empty if no training finished.
std::string ranking_text(const Comparison& c) {
  const double sign = higher_is_better(c.metric) ? 1 : -1;
  const auto mean = [&](const ContenderTrials* each) {
    return trial_statistics(best_scores(*each, c.metric)).mean;
  };
  std::vector<const ContenderTrials*> ranked;
  for (const ContenderTrials& each : c.contenders) {
    if (!std::isnan(mean(&each))) ranked.push_back(&each);
  }
  std::ranges::stable_sort(ranked, std::ranges::greater{},
                           [&](const ContenderTrials* each) { return sign * mean(each); });
  if (ranked.empty()) return "";
  const auto first = best_scores(*ranked[0], c.metric);
  std::string text = fmt::format("At the best epoch of each training, '{}' leads: {} {}.",
                                 ranked[0]->name, c.metric, to_string(trial_statistics(first)));
  if (ranked.size() < 2) return text;
  constexpr double kSignificanceLevel = 0.05;
  const auto second = best_scores(*ranked[1], c.metric);
  const double p = permutation_test_p_value(first, second);
  const std::string chance = fmt::format(
      "p = {:.2g}{}", p, p < kSignificanceLevel ? "" : ", so the difference may be due to chance");
  return fmt::format("{} '{}' follows with {} ({}).", text, ranked[1]->name,
                     to_string(trial_statistics(second)), chance);
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

std::vector<CurvePoint> learning_curve(const ContenderTrials& contender,
                                       const std::string& metric) {
  std::vector<CurvePoint> points;
  for (std::int64_t epoch = 1; epoch <= last_epoch(contender); ++epoch) {
    const TrialStatistics score = statistics_over_trials(
        contender, [&](const Trial& trial) { return score_after_epoch(trial, metric, epoch); });
    const TrialStatistics seconds = statistics_over_trials(
        contender, [&](const Trial& trial) { return seconds_until_epoch_end(trial, epoch); });
    if (score.count == 0 || seconds.count == 0) continue;
    points.push_back(
        {epoch, seconds.mean, score.mean, score.count > 1 ? score.standard_deviation : 0});
  }
  return points;
}

double permutation_test_p_value(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr std::size_t kMaxExactTestNumbers = 24;
  constexpr std::uint64_t kDraws = 20'000;
  const std::size_t count = a.size() + b.size();
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  const double total = sum(all), na = static_cast<double>(a.size()),
               nb = static_cast<double>(b.size());
  const auto difference = [&](double sum_of_a) {
    return std::abs(sum_of_a / na - (total - sum_of_a) / nb);
  };
  // Differences count as equal if only rounding distinguishes them, in any order of the sums.
  const double rounding = 1e-12 * (std::abs(total) / static_cast<double>(count) + 1e-300);
  const double least = difference(sum(a)) * (1 - 1e-9) - rounding;
  double as_large = 0, divisions = 0;
  const auto add = [&](double sum_of_a) {
    as_large += difference(sum_of_a) >= least;
    divisions += 1;
  };
  if (count > kMaxExactTestNumbers) {
    add(sum(a));  // so that p is never 0
    for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
      const auto order =
          permutation(random_key(draw, "comparison", "permutation"), std::ssize(all));
      double sum_of_a = 0;
      for (std::size_t i = 0; i < a.size(); ++i)
        sum_of_a += all[static_cast<std::size_t>(order[i])];
      add(sum_of_a);
    }
    return as_large / divisions;
  }
  std::vector<bool> is_in_b(count, false);
  std::fill(is_in_b.begin() + static_cast<std::ptrdiff_t>(a.size()), is_in_b.end(), true);
  do {
    double sum_of_a = 0;
    for (std::size_t i = 0; i < count; ++i) sum_of_a += is_in_b[i] ? 0 : all[i];
    add(sum_of_a);
  } while (std::next_permutation(is_in_b.begin(), is_in_b.end()));
  return as_large / divisions;
}

Json comparison_document(const Comparison& comparison) {
  Json contenders = Json::array(), configurations = Json::array();
  std::size_t trainings = 0;
  std::vector<Json> verdict;
  for (const ContenderTrials& each : comparison.contenders) {
    contenders.push_back(curves_json(each, comparison.metric));
    configurations.push_back({{"name", each.name}, {"text", each.configuration}});
    trainings += each.trials.size();
    for (const Trial& trial : each.trials) {
      if (trial.failure.empty()) continue;
      verdict.push_back({{"level", "error"},
                         {"text", fmt::format("{}, seed {}, did not finish: {}", each.name,
                                              trial.seed, trial.failure)}});
    }
  }
  const std::string ahead = ranking_text(comparison);
  if (!ahead.empty()) {
    verdict.insert(verdict.begin(), Json{{"level", "good"}, {"text", ahead}});
  }
  return {{"verdict", verdict},
          {"facts", Json::array({Json::array({"configurations", comparison.contenders.size()}),
                                 Json::array({"trainings", trainings}),
                                 Json::array({"metric", comparison.metric})})},
          {"comparison",
           {{"metric", comparison.metric},
            {"contenders", contenders},
            {"head",
             {"configuration", "parameters", "at the end", "best", "test", "seconds per epoch"}},
            {"rows", final_scores_json(comparison)},
            {"significance", significance_json(comparison)}}},
          {"configuration", configurations}};
}

}  // namespace selfnorm
