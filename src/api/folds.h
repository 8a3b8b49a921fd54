// SPDX-License-Identifier: Apache-2.0
// Cross-validation by the members of an ensemble.
#pragma once

#include "api/run_config.h"
#include "data/split.h"
#include "graph/graph.h"
#include "train/objective.h"

namespace selfnorm {

/// Resolves DefaultNetworkOptions::folds. Returns whether there are folds. Throws Error(config) if
/// other options contradict them.
bool resolve_folds(RunConfig& config);

/// Throws Error(config) unless the data have folds.
void require_folds(const Dataset& train);

/// Returns the largest number of members that can each hold out DataOptions::validation_split,
/// which must be set, of the rows.
std::int64_t most_members_with_folds(const DataOptions& data);

/// Returns the rows from which the network is completed: those that no member of the default
/// network will hold out, or all rows if each member holds out others.
std::vector<std::int64_t> rows_to_complete_from(const RunConfig& config, const Dataset& train);

/// Divides the rows of `train` into training and validation rows. If the network is an ensemble
/// whose members share no parameters, and the loss ignores missing targets, each member holds out
/// rows of its own, where possible (draw_folds). All rows are training rows then, those in a fold
/// are validation rows, and `train` gets the folds.
Split divide_rows(const RunConfig& config, const Objective& objective, const Graph& graph,
                  Dataset& train);

}  // namespace selfnorm
