// SPDX-License-Identifier: Apache-2.0
// Several trained networks as one network, whose output is the mean of theirs.
#pragma once

#include <vector>

#include "train/trained_model.h"

namespace selfnorm {

/// Returns the network that computes the mean of the outputs of these, which have the same inputs,
/// one output, and the names of all layers (complete_names). Layers of network i get the prefix
/// "net<i>_", from 1. If all are ensembles of the same number of members, so is the result: member
/// m is the mean of their members m.
Network combine_networks(const std::vector<Network>& networks);

/// Sets the weights of a model with the network `combine_networks(…)` to those of its parts, in
/// this order. Throws Error(model_file) if a part has not the weights that its place needs.
void combine_weights(const std::vector<TrainedModel>& parts, TrainedModel& combined);

}  // namespace selfnorm
