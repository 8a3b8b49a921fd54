// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "selfnorm/compare.h"

namespace selfnorm::cli {

/// Draws the learning curves of a comparison by epoch and by second as an SVG with gnuplot: the
/// mean over each contender's trainings, with a band of one standard deviation on both sides.
std::string comparison_curves(const Comparison& comparison);

}  // namespace selfnorm::cli
