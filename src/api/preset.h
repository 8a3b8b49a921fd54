// SPDX-License-Identifier: Apache-2.0
// Presets: options of the default network and of its training, chosen from the data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Steps of the optimizer of the preset "default".
inline constexpr std::int64_t kDefaultSteps = 1500;

/// Sets the number of members of the default network that the configuration's preset chooses, if
/// the user did not give it. DataOptions::validation_split must be set.
void choose_members(RunConfig& config);

/// Sets the other options that the preset chooses and the user did not give, and replaces the
/// preset by "none". `train_rows` is the number of rows of an epoch. Returns the name of the
/// preset, "none" if there is none. Throws Error(config) for a preset other than "auto" and "none"
/// of a network with layers, since it chooses the network, too.
std::string apply_preset(RunConfig& config, const Dataset& data, std::int64_t train_rows);

/// Returns a line on how a network is trained. `preset` is what `apply_preset` returned, `seconds`
/// the expected time, or NaN, and `budget` the time for which the preset was chosen, or 0.
std::string describe_training(const RunConfig& config, const std::string& preset,
                              std::int64_t train_rows, double seconds, double budget);

/// Returns a note if the schedule takes less than the warm-up of the configuration.
std::optional<std::string> describe_shortened_warmup(const TrainOptions& train,
                                                     std::int64_t train_rows);

}  // namespace selfnorm
