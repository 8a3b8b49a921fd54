// SPDX-License-Identifier: Apache-2.0
// What a report says of a model that gives numbers.
#pragma once

#include <span>

#include "report/sections.h"

namespace selfnorm {

/// Of `outputs`, rows × targets as the data's targets: for each target some rows' truth beside its
/// prediction, the root of the mean squared residual, and how residuals are distributed. Missing
/// targets are left out; null for more targets than a reader looks at, or without any number.
Json regression_json(std::span<const float> outputs, const NamedRows& of);

/// The rows with the largest residuals, each by the root mean square of its target's.
Json largest_residuals_json(std::span<const float> outputs, const NamedRows& of);

}  // namespace selfnorm
