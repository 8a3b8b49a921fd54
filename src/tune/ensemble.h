// SPDX-License-Identifier: Apache-2.0
// The networks that the model of a search averages.
#pragma once

#include <memory>
#include <vector>

#include "tune/search.h"
#include "tune/search_input.h"

namespace selfnorm {

/// Returns at most `size` candidates that trained for all epochs, best first: the best one, and
/// those after it with which the held-out rows are not predicted worse by the mean. All of them
/// scale numbers as the best one does. Empty if no candidate has a score. Trains again what has no
/// model in the folder.
std::vector<std::int64_t> choose_ensemble(const SearchInput& input, const SearchState& search,
                                          const TuneFolder& folder, std::int64_t size);

/// Returns a run whose model is the mean of these candidates.
std::unique_ptr<PreparedRun> combine_candidates(const SearchInput& input, const SearchState& search,
                                                const TuneFolder& folder,
                                                const std::vector<std::int64_t>& ids);

}  // namespace selfnorm
