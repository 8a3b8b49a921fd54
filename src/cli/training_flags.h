// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/flags.h"
#include "selfnorm/run.h"

namespace selfnorm::cli {

/// Sets the given options of the data. `--time` with a duration, such as 60s, sets the time of the
/// training.
void apply_data_flags(const OptionFlags& data, RunConfig& config);

/// Sets the given options of the training and of its loss, and lists them in `config.given`.
void apply_training_flags(const OptionFlags& train, const OptionFlags& loss, RunConfig& config);

}  // namespace selfnorm::cli
