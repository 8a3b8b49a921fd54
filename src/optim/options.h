// SPDX-License-Identifier: Apache-2.0
// The names, ranges and help lines of the optimizer's and the schedule's options.
#pragma once

#include "config/option.h"
#include "selfnorm/optimizer.h"

namespace selfnorm {

Options options(OptimizerOptions& optimizer);
Options options(ScheduleOptions& schedule);

/// Throws Error(config) with a message that starts with `where`, if a value is out of range or an
/// option that this optimizer does not use differs from its default (it would be silently ignored).
void check(const OptimizerOptions& optimizer, const std::string& where);

/// As above, for a schedule. Also throws if its minimum exceeds `learning_rate`.
void check(const ScheduleOptions& schedule, double learning_rate, const std::string& where);

}  // namespace selfnorm
