// SPDX-License-Identifier: Apache-2.0
// Several named inputs from one table.
#pragma once

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Splits the field of a table into an input for each name, which gets the columns listed for
/// it in that order; a column may serve several inputs, and those that none lists are left out.
/// Error(data) names a column that is not there.
void divide_columns(const InputSources& inputs, Dataset& data);

/// The columns, given by position in `from`, of every row of a table's field.
Field take_columns(const Field& field, const std::vector<std::size_t>& from, std::string name);

}  // namespace selfnorm
