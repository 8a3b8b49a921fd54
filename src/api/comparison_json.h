// SPDX-License-Identifier: Apache-2.0
// A comparison as JSON, and back.
#pragma once

#include <string>
#include <string_view>

#include "selfnorm/compare.h"

namespace selfnorm {

/// {"metric", "contenders": [{"name", "parameters", "configuration", "trials": [{"seed", "failure",
/// "test", "epochs": [a line of a history each]}]}]}.
std::string comparison_json(const Comparison& comparison);

/// Throws Error(data).
Comparison parse_comparison(std::string_view text);

}  // namespace selfnorm
