// SPDX-License-Identifier: Apache-2.0
// The trials of a search, several at a time.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "selfnorm/dataset.h"
#include "tune/halving.h"
#include "tune/search_space.h"

namespace selfnorm {

struct SearchState {
  SearchSpace space;
  Halving halving;
  std::int64_t epochs;  ///< of the last rung
  std::string metric;
  std::map<RungTrial, TuneTrial> trials = {};
};

/// Returns the path of the model of a trial over all epochs.
std::filesystem::path model_file(const TuneFolder& folder, std::int64_t id);

/// Runs the trials of a search that the folder does not have, and records them there. Stops as
/// `tune` does.
void run_search(const RunConfig& config, const LoadedData& data, const std::string& fingerprint,
                const TuneFolder& folder, const TuneOptions& options,
                const TuneCallbacks& callbacks, SearchState& search);

}  // namespace selfnorm
