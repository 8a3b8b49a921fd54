// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/run_config.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Resolves RunConfig::seconds: chooses the members of the default network and the epochs so that
/// the training takes about this long, as far as useful. The time of a step is measured on a part
/// of the rows, so this is an estimate, and a training takes at least one epoch. Members and epochs
/// that the user gave stay. DataOptions::validation_split must be set. Throws Error(config) for a
/// network with layers or the preset "none".
void fit_to_time(RunConfig& config, const Dataset& train);

}  // namespace selfnorm
