// SPDX-License-Identifier: Apache-2.0
// Weight statistics in JSON, for the history and reports.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm {

/// Returns a list of objects with `layer`, `omega`, `omega_deviation`, `tau`, `tau_deviation`,
/// `outside` and `gradient` (docs/history.md). A number that is not finite is null.
nlohmann::ordered_json weight_statistics_json(const std::vector<WeightStatistics>& weights);

}  // namespace selfnorm
