// SPDX-License-Identifier: Apache-2.0
// Units' weights as the history and reports tell them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm {

/// A list of `layer`, `omega`, `omega_deviation`, `tau`, `tau_deviation`, `outside` and `gradient`
/// (docs/history.md); a number that is none is null.
nlohmann::ordered_json weight_statistics_json(const std::vector<WeightStatistics>& weights);

}  // namespace selfnorm
