// SPDX-License-Identifier: Apache-2.0
#include "tune/tuning_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/comparison.h"
#include "report/page.h"
#include "train/metric_table.h"
#include "tune/search_space.h"
#include "tune/trial_ranks.h"

namespace selfnorm {
namespace {

// Returns pairs of a number of candidates and the best score until then.
Json best_scores(const TuneResult& result) {
  Json points = Json::array();
  const double sign = higher_is_better(result.metric) ? 1 : -1;
  double best = -std::numeric_limits<double>::infinity();
  for (const TuneTrial& trial : result.trials) {
    const double score = find_score(trial.scores, result.metric);
    if (!is_whole(trial) || !(sign * score > best)) continue;
    if (!points.empty()) points.push_back(Json::array({trial.id + 1, sign * best}));  // a step
    best = sign * score;
    points.push_back(Json::array({trial.id + 1, score}));
  }
  if (!points.empty()) points.push_back(Json::array({result.trials.back().id + 1, sign * best}));
  return points;
}

Json rows_json(const TuneResult& result) {
  Json rows = Json::array();
  for (const TuneTrial& trial : ranked_trials(result)) {
    Json row = Json::array({trial.id, trial.epochs});
    for (const std::string& name : shown_scores(result))
      row.push_back(number(find_score(trial.scores, name)));
    const std::string failure = trial.failure.empty() ? "" : " (" + trial.failure + ")";
    row.push_back(to_string(trial.candidate) + failure);
    row.push_back(is_in_model(trial, result) ? "yes" : "");
    row.push_back(number(trial.seconds));
    rows.push_back(row);
  }
  return rows;
}

Json head_json(const TuneResult& result) {
  Json head = {"candidate", "epochs"};
  for (const std::string& name : shown_scores(result)) head.push_back(name);
  for (const char* name : {"choices", "in the model", "seconds"}) head.push_back(name);
  return head;
}

}  // namespace

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
        {"head", head_json(result)},
        {"rows", rows_json(result)}}}};
  return html_page("Search " + name, document);
}

}  // namespace selfnorm
