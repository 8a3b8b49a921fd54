// SPDX-License-Identifier: Apache-2.0
// Completes a network from its data. The default network is for configurations without layers.
#pragma once

#include <cstdint>
#include <span>

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Completes the parts of a network that depend on the data: input shapes and vocabulary sizes. A
/// network without layers gets those of the default network, which depend on the targets of the
/// training rows. Lists the embedded columns in `config.data.embed`. In `train`, categories of
/// embedded columns that occur in no training row become the category of all others.
void complete_network(RunConfig& config, Dataset& train, std::span<const std::int64_t> train_rows);

/// Returns the options with which to load the data of a configuration. They embed columns of many
/// categories if it has the default network.
DataOptions data_options_of(const RunConfig& config);

}  // namespace selfnorm
