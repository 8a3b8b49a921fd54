// SPDX-License-Identifier: Apache-2.0
#include "tune/trial_ranks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "train/metric_table.h"
#include "tune/halving.h"

namespace selfnorm {

std::vector<TuneTrial> ranked_trials(const TuneResult& result) {
  std::vector<TuneTrial> trials = result.trials;
  const double sign = higher_is_better(result.metric) ? 1 : -1;
  std::ranges::stable_sort(trials, std::ranges::greater{}, [&](const TuneTrial& t) {
    if (!t.failure.empty()) return std::tuple(t.rung, false, 0.0, 0.0);
    return std::tuple(t.rung, true, sign * find_score(t.scores, result.metric),
                      -find_score(t.scores, "loss"));
  });
  return trials;
}

bool is_whole(const TuneTrial& trial) { return trial.rung == kRungs - 1; }

bool is_in_model(const TuneTrial& trial, const TuneResult& result) {
  return is_whole(trial) && std::ranges::find(result.ensemble, trial.id) != result.ensemble.end();
}

std::vector<std::string> shown_scores(const TuneResult& result) {
  if (result.metric == "loss") return {"loss"};
  return {result.metric, "loss"};
}

std::string describe_ensemble(const TuneResult& result) {
  if (result.ensemble.size() == 1)
    return fmt::format("the network of candidate {}", result.ensemble[0]);
  return fmt::format("the mean of {} networks (candidates {})", result.ensemble.size(),
                     fmt::join(result.ensemble, ", "));
}

}  // namespace selfnorm
