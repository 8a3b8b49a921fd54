// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report/page.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// Returns the scores, times and learning rate of each epoch, without moments.
Json epochs_json(const std::vector<EpochRecord>& history);

/// Returns a heat map (heat_map.h) of layer × time for each watched quantity: mean, variance, tau,
/// omega, outside and gradient. Quantities without values are left out.
Json heat_maps_json(const std::vector<EpochRecord>& history);

/// Returns the last statistics of each layer's weights: mean and standard deviation over its units
/// of ω and τ, and the fraction of units outside the theorems' domain. Null if there are none.
Json last_weight_statistics_json(const std::vector<EpochRecord>& history);

}  // namespace selfnorm
