// SPDX-License-Identifier: Apache-2.0
// Cross-validation by the members of an ensemble.
#pragma once

#include "api/run_config.h"
#include "data/split.h"
#include "graph/graph.h"

namespace selfnorm {

/// Resolves DefaultNetworkOptions::folds. Returns whether there are folds. Throws Error(config) if
/// other options contradict them.
bool resolve_folds(RunConfig& config);

/// If the validation split was chosen automatically, makes it small enough that each member of the
/// default network can hold out rows of its own.
void fit_split_to_members(RunConfig& config);

/// Divides the rows of `train` into training and validation rows. If the network is an ensemble
/// whose members share no parameters, each member holds out rows of its own, where possible
/// (can_have_folds). All rows are training rows then, those in a fold are validation rows, and
/// `train` gets the folds.
Split divide_rows(const RunConfig& config, const Graph& graph, Dataset& train);

}  // namespace selfnorm
