// SPDX-License-Identifier: Apache-2.0
// Recognizes columns that name or number the rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm {

/// The number of different names from which a column may be one of names.
inline constexpr std::int64_t kMinDistinctToLeaveOut = 20;

/// Returns whether the numbers are all different. Missing numbers do not count.
bool are_all_different(std::vector<double> numbers);

/// Returns whether each number is the one before it plus 1.
bool counts_rows(const std::vector<double>& numbers);

/// Returns whether the numbers that are not missing are whole and all different, and at least
/// `kMinDistinctToLeaveOut`. Numbers of 17 digits count as different, since 64 bits do not tell
/// them apart.
bool number_the_rows(const std::vector<double>& numbers);

/// Returns whether a name is that of an identifier, as id, customer_id or customerId.
bool is_identifier_name(const std::string& name);

/// Returns whether programs give this name to a first column of row names.
bool is_name_of_row_names(const std::string& name);

}  // namespace selfnorm
