// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "selfnorm/compare.h"

namespace selfnorm::cli {

/// What a comparison measured by epoch and by second, as an SVG by gnuplot: the mean of each
/// contender's trainings, with a band of a standard deviation to both sides.
std::string comparison_curves(const Comparison& comparison);

}  // namespace selfnorm::cli
