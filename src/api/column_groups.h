// SPDX-License-Identifier: Apache-2.0
// The numbers of a network's inputs, by the column of the table that they were made from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Numbers of an input that were made from one column of the table.
struct ColumnGroup {
  std::string name;
  std::size_t input = 0;
  std::vector<std::size_t> columns = {};
};

/// Whether each row of a field is a list of numbers.
bool is_row_of_numbers(const Field& field);

/// Returns the groups of a table in the order of their first numbers, or none for other data. A
/// number without a source is a group.
std::vector<ColumnGroup> column_groups(const Dataset& data);

}  // namespace selfnorm
