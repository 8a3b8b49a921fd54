// SPDX-License-Identifier: Apache-2.0
// A comparison as JSON, and back.
#pragma once

#include <string>
#include <string_view>

#include "selfnorm/compare.h"

namespace selfnorm {

/// Returns {"metric", "contenders": [{"name", "parameters", "configuration", "trials": [{"seed",
/// "failure", "test", "epochs": [one history line each]}]}]}.
std::string comparison_json(const Comparison& comparison);

/// Reads the text that `comparison_json` returns. Throws Error(data) for other text.
Comparison parse_comparison(std::string_view text);

}  // namespace selfnorm
