// SPDX-License-Identifier: Apache-2.0
// Named columns of a table in double precision.
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

/// The columns of these names, which the first row gives in any order and among others. Error(data)
/// names file, line and column of a name that is missing, of a row with more or fewer cells than
/// the first, and of a cell that is no finite number.
std::vector<NumberRow> read_number_columns(const std::filesystem::path& path,
                                           const std::vector<std::string>& names);

}  // namespace selfnorm
