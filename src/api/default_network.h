// SPDX-License-Identifier: Apache-2.0
// The network of a configuration that describes none.
#pragma once

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Fills in what only the data tell of the network: input shapes, sizes of vocabularies, and where
/// no layers are described the default ones, for which the targets count.
void complete_network(RunConfig& config, const Dataset& train);

}  // namespace selfnorm
