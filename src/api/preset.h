// SPDX-License-Identifier: Apache-2.0
// Presets: options of the default network and of its training, chosen from the data.
#pragma once

#include <cstdint>
#include <string>

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Sets the options that the configuration's preset chooses and the user did not give, and replaces
/// the preset by "none". `train_rows` and `validation_rows` are numbers of rows. Returns the name
/// of the preset, "none" if there is none. Throws Error(config) for a preset other than "auto" and
/// "none" of a network with layers, since it chooses the network, too.
std::string apply_preset(RunConfig& config, const Targets& targets, std::int64_t train_rows,
                         std::int64_t validation_rows);

/// Returns a line on how a network is trained. `preset` is what `apply_preset` returned, and
/// `seconds` the expected time, or NaN.
std::string describe_training(const RunConfig& config, const std::string& preset,
                              std::int64_t train_rows, double seconds);

}  // namespace selfnorm
