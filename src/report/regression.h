// SPDX-License-Identifier: Apache-2.0
// The parts of a report about a model that predicts numbers.
#pragma once

#include <span>

#include "report/sections.h"

namespace selfnorm {

/// Returns for each target the truth and prediction of some rows, the root mean square of the
/// residuals, and their distribution. `outputs` is rows × targets, like the data's targets. Missing
/// targets are left out. Null if there are more targets than a reader looks at, or no numbers at
/// all.
Json regression_json(std::span<const float> outputs, const NamedRows& named_rows);

/// Returns the rows with the largest residuals, relative to the root mean square of the residuals
/// of their target.
Json largest_residuals_json(std::span<const float> outputs, const NamedRows& named_rows);

}  // namespace selfnorm
