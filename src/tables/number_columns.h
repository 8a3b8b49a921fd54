// SPDX-License-Identifier: Apache-2.0
// Reads named columns of a table in double precision.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace selfnorm {

struct NumberRow {
  std::vector<double> values;  ///< in the order of the requested names
  std::int64_t line = 0;
};

/// Reads the columns with these names. The first row must name them, in any order and possibly with
/// other columns. Throws Error(data) with file, line and column for a missing name, for a row with
/// more or fewer cells than the first row, and for a cell that is not a finite number.
std::vector<NumberRow> read_number_columns(const std::filesystem::path& path,
                                           const std::vector<std::string>& names);

}  // namespace selfnorm
