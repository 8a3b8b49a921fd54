// SPDX-License-Identifier: Apache-2.0
// Rows and columns of a table that occur twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns how many rows have the features and targets of an earlier row. Rows are compared by a
/// hash of 64 bits.
std::int64_t count_repeated_rows(const Dataset& data);

/// Returns a sentence on a number of repeated rows. `rows` names the rows.
std::string repeated_rows_text(const std::string& rows, bool are_several);

/// Returns a sentence on repeated rows, or nothing if they are less than 1 % of the rows. In a
/// large data set, the share is that of a sample.
std::optional<std::string> find_repeated_rows(const Dataset& data);

/// Returns a sentence on each column that has the numbers of an earlier column in all rows. Columns
/// with rare categories are left out, since these are not told apart.
std::vector<std::string> find_equal_columns(const Dataset& data);

}  // namespace selfnorm
