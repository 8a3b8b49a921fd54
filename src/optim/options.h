// SPDX-License-Identifier: Apache-2.0
// The names, ranges and help lines of the optimizer's and the schedule's options.
#pragma once

#include "config/option.h"
#include "selfnorm/optimizer.h"

namespace selfnorm {

Options options(OptimizerOptions& optimizer);
Options options(ScheduleOptions& schedule);

/// Throws Error(config), starting with `where`, when a value is out of range, or when an option
/// that this optimizer does not read was changed from its default (it would be ignored in silence).
void check(const OptimizerOptions& optimizer, const std::string& where);

/// Throws Error(config) likewise for a schedule on top of `learning_rate`.
void check(const ScheduleOptions& schedule, double learning_rate, const std::string& where);

}  // namespace selfnorm
