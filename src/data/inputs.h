// SPDX-License-Identifier: Apache-2.0
// Splits a table into several named inputs.
#pragma once

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Splits the field of a table into one input per name. Each input gets its columns in the listed
/// order. A column may belong to several inputs, and columns that no input lists are dropped.
/// Throws Error(data) for an unknown column.
void split_into_inputs(const InputSources& inputs, Dataset& data);

/// Returns a field with the columns of a table's field at the positions `from`.
Field select_columns(const Field& field, const std::vector<std::size_t>& from, std::string name);

}  // namespace selfnorm
