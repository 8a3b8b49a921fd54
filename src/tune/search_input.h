// SPDX-License-Identifier: Apache-2.0
// What a search starts from: the data, how its rows are held out, and the candidates.
#pragma once

#include <string>
#include <vector>

#include "api/run.h"
#include "tune/search_space.h"

namespace selfnorm {

/// The data of a search, and the configuration of all its trials.
struct SearchInput {
  RunConfig config;
  LoadedData data;
};

/// Loads a table. Uses the folds of a cross-validation if there are few rows and the user chose no
/// other held-out rows. Throws Error(config) for data that are not a table.
SearchInput load_search(RunConfig config);

/// Returns what must be equal when a search is resumed.
std::string search_fingerprint(const SearchInput& input);

/// Returns the candidates, given the run of the default network.
SearchSpace search_space(const PreparedRun& standard, const RunConfig& config);

/// Divides the rows into this many parts, or none for 0. Returns the part of each row, or −1 for
/// the only row of a class and for groups that are too large for a part. Throws Error(config) if
/// the rows cannot be divided.
std::vector<std::int32_t> divide_into_parts(const SearchInput& input, std::int64_t parts);

/// Returns the input without the rows of a part, which are its test rows.
SearchInput without_part(const SearchInput& input, const std::vector<std::int32_t>& part_of,
                         std::int32_t part);

}  // namespace selfnorm
