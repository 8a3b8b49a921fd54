// SPDX-License-Identifier: Apache-2.0
// Completes a network from its data. The default network is for configurations without layers.
#pragma once

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Fills in the parts of the network that depend on the data: input shapes and sizes of
/// vocabularies. Without layers, it adds those of the default network, which depend on the targets.
void complete_network(RunConfig& config, const Dataset& train);

}  // namespace selfnorm
