// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "selfnorm/tune.h"

namespace selfnorm {

/// Returns "the mean of 3 networks (candidates 4, 0, 7)", or "the network of candidate 4".
std::string describe_ensemble(const TuneResult& result);

/// Returns the HTML page of a search: its result, the best score over time, and all trials.
std::string tuning_page(const std::string& name, const TuneResult& result);

}  // namespace selfnorm
