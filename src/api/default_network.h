// SPDX-License-Identifier: Apache-2.0
// Completes a network from its data. The default network is for configurations without layers.
#pragma once

#include <cstdint>
#include <span>

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Fills in the parts of the network that depend on the data: input shapes and sizes of
/// vocabularies. Without layers, it adds those of the default network, which depend on the targets
/// of the training rows.
/// Categories of embeddings that occur in no training row become the category of all others in the
/// data.
void complete_network(RunConfig& config, Dataset& train, std::span<const std::int64_t> train_rows);

/// Returns how to load the data of a configuration: as it says, but with an embedding for columns
/// of many categories if it has the default network.
DataOptions data_options_of(const RunConfig& config);

}  // namespace selfnorm
