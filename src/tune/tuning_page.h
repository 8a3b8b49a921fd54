// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "selfnorm/tune.h"

namespace selfnorm {

/// Returns the HTML page of a search: its result, the best score over time, and all trials.
std::string tuning_page(const std::string& name, const TuneResult& result);

}  // namespace selfnorm
