// SPDX-License-Identifier: Apache-2.0
// The trials of a search as its tables show them.
#pragma once

#include <vector>

#include "selfnorm/tune.h"

namespace selfnorm {

/// Returns the trials of the longest trainings first, of equal ones the best first, and those that
/// failed last.
std::vector<TuneTrial> ranked_trials(const TuneResult& result);

/// Returns whether a trial trained for all epochs.
bool is_whole(const TuneTrial& trial);

/// Returns whether the network of a trial is part of the model.
bool is_in_model(const TuneTrial& trial, const TuneResult& result);

/// Returns the scores that tables show: the one that decides, and the loss.
std::vector<std::string> shown_scores(const TuneResult& result);

/// Returns "the mean of 3 networks (candidates 4, 0, 7)", or "the network of candidate 4".
std::string describe_ensemble(const TuneResult& result);

}  // namespace selfnorm
