// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns a note that offers a loss for logarithms if the targets of these rows are numbers over
/// orders of magnitude: there is one target per row, none is negative, their skewness is above 2,
/// that of log(1 + y) is less than half as large, and the largest is at least ten times the median.
/// Whole numbers with a median below 100 count as counts.
std::optional<std::string> offer_loss_for_logarithms(const Targets& targets,
                                                     std::span<const std::int64_t> rows);

}  // namespace selfnorm
