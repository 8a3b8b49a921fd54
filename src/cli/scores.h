// SPDX-License-Identifier: Apache-2.0
// Scores with their ranges, as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "selfnorm/score_range.h"

namespace selfnorm::cli {

/// Prints a line for each score, such as "test accuracy 0.9333   0.8408 to 0.9738; the most
/// frequent class: 0.3667".
void print_scores(const std::string& split, const Scores& scores, const ScoreRanges& ranges);

/// Returns an object with a member for each score.
nlohmann::ordered_json scores_json(const Scores& scores);

/// Returns an object for each metric with the keys low, high and baseline. Unknown numbers are
/// null.
nlohmann::ordered_json ranges_json(const ScoreRanges& ranges);

}  // namespace selfnorm::cli
