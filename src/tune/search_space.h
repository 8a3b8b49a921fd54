// SPDX-License-Identifier: Apache-2.0
// The candidates of a search.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "selfnorm/tune.h"

namespace selfnorm {

/// The default, which is candidate 0, and what the others may change.
struct SearchSpace {
  Candidate standard;
  bool has_numeric_embeddings = false;  ///< whether candidates may embed numbers
  std::vector<std::string> given = {};  ///< options that all candidates take from the default
  std::uint64_t seed = 1;
};

/// Returns candidate `id`, a function of the space and `id`.
Candidate draw_candidate(const SearchSpace& space, std::int64_t id);

/// Returns the configuration with the choices of a candidate, for this many epochs.
RunConfig with_candidate(const RunConfig& config, const Candidate& candidate, std::int64_t epochs);

/// Returns a short description, such as "256-128, rate 0.004, dropout 0.1, decay 0.02, quantile".
std::string to_string(const Candidate& candidate);

}  // namespace selfnorm
