// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "selfnorm/tune.h"

namespace selfnorm {

/// Returns a trial as a JSON object. A score that is not finite becomes null when it is
/// written.
nlohmann::ordered_json trial_json(const TuneTrial& trial);

/// Returns the trial of a JSON object. Throws what the JSON library throws if a member is missing
/// or has the wrong type.
TuneTrial parse_trial(const nlohmann::ordered_json& json);

}  // namespace selfnorm
