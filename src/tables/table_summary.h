// SPDX-License-Identifier: Apache-2.0
// What a person should know about how a table was read.
#pragma once

#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns lines on the columns of numbers, of times and of categories, those that are left out
/// with the reason and the option that keeps them, and the target with the task. Empty if the table
/// has only numbers and its target's task was given.
std::vector<std::string> summarize_table(const Dataset& data, const DataOptions& options);

/// Returns the kind of a column for a person: that of the column, or "boolean" for a category of
/// true and false.
std::string shown_kind(const TableColumn& column);

/// Returns the name of the target with its classes and their shares, or its range, or the names of
/// several targets. Returns "" if there is none.
std::string describe_target(const Dataset& data);

}  // namespace selfnorm
