// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report/page.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// What each epoch gave, without moments.
Json epochs_json(const std::vector<EpochRecord>& history);

/// Layer × time of what was watched (heat_map.h) by name: mean, variance, tau, omega, outside,
/// gradient; those of which nothing is known are left out.
Json heat_maps_json(const std::vector<EpochRecord>& history);

/// Each layer's weights as they were looked at last: mean and deviation over its units of ω and τ,
/// and the share of units outside the theorems' domain. Null where none were.
Json unit_weights_json(const std::vector<EpochRecord>& history);

}  // namespace selfnorm
