// SPDX-License-Identifier: Apache-2.0
#include "tune/tuning_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report/comparison.h"
#include "report/page.h"
#include "train/metric_table.h"
#include "tune/halving.h"
#include "tune/search_space.h"

namespace selfnorm {
namespace {

// Returns pairs of a number of candidates and the best score until then.
Json best_scores(const TuneResult& result) {
  Json points = Json::array();
  const double sign = higher_is_better(result.metric) ? 1 : -1;
  double best = -std::numeric_limits<double>::infinity();
  for (const TuneTrial& trial : result.trials) {
    const double score = find_score(trial.scores, result.metric);
    if (trial.rung != kRungs - 1 || !(sign * score > best)) continue;
    if (!points.empty()) points.push_back(Json::array({trial.id + 1, sign * best}));  // a step
    best = sign * score;
    points.push_back(Json::array({trial.id + 1, score}));
  }
  if (!points.empty()) points.push_back(Json::array({result.trials.back().id + 1, sign * best}));
  return points;
}

Json rows_json(const TuneResult& result) {
  std::vector<TuneTrial> trials = result.trials;
  const double sign = higher_is_better(result.metric) ? 1 : -1;
  std::ranges::stable_sort(trials, std::ranges::greater{}, [&](const TuneTrial& t) {
    const double score = sign * find_score(t.scores, result.metric);
    const bool has_score = t.failure.empty();
    return std::tuple(t.rung, has_score, has_score ? score : 0);
  });
  Json rows = Json::array();
  for (const TuneTrial& trial : trials) {
    const bool is_part = trial.rung == kRungs - 1 &&
                         std::ranges::find(result.ensemble, trial.id) != result.ensemble.end();
    rows.push_back({trial.id, trial.epochs, number(find_score(trial.scores, result.metric)),
                    number(find_score(trial.scores, "loss")),
                    trial.failure.empty() ? to_string(trial.candidate)
                                          : to_string(trial.candidate) + " (" + trial.failure + ")",
                    is_part ? "yes" : "", number(trial.seconds)});
  }
  return rows;
}

}  // namespace

std::string describe_ensemble(const TuneResult& result) {
  if (result.ensemble.size() == 1)
    return fmt::format("the network of candidate {}", result.ensemble[0]);
  return fmt::format("the mean of {} networks (candidates {})", result.ensemble.size(),
                     fmt::join(result.ensemble, ", "));
}

std::string tuning_page(const std::string& name, const TuneResult& result) {
  const auto candidates =
      static_cast<std::size_t>(std::ranges::count(result.trials, 0, &TuneTrial::rung));
  Json facts = Json::array({Json::array({"candidates", candidates}),
                            Json::array({"trainings", result.trials.size()}),
                            Json::array({"networks in the model", result.ensemble.size()})});
  for (const auto& [score, value] : result.validation)
    facts.push_back(Json::array({"held-out " + score, number(value)}));
  for (const auto& [score, value] : result.test)
    facts.push_back(Json::array({"test " + score, number(value)}));
  if (!result.outer.empty()) {
    std::vector<double> values;
    for (const Scores& scores : result.outer) values.push_back(find_score(scores, result.metric));
    facts.push_back(Json::array({fmt::format("nested {} of {} parts", result.metric, values.size()),
                                 to_string(trial_statistics(values))}));
  }
  const std::string verdict = "The model is " + describe_ensemble(result) + ".";
  const Json document{
      {"verdict", Json::array({{{"level", "good"}, {"text", verdict}}})},
      {"facts", facts},
      {"findings", Json::array()},
      {"trials",
       {{"metric", result.metric},
        {"text",
         "Candidate 0 is the default network. All candidates train for a ninth of its epochs, the "
         "best third for a third of them, and the best ninth for all. The scores are those of "
         "held-out rows. Since the best of many is chosen by these scores, they are slightly "
         "optimistic. Scores of test rows (--test-split 0.2) and of a nested cross-validation "
         "(--outer-folds 5) are not."},
        {"best", best_scores(result)},
        {"head",
         {"candidate", "epochs", result.metric, "loss", "choices", "in the model", "seconds"}},
        {"rows", rows_json(result)}}}};
  return html_page("Search " + name, document);
}

}  // namespace selfnorm
