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

/// Returns whether a sample may be given another shape without a change of what its numbers mean:
/// it is a row of numbers, becomes one, or differs only in extents of 1.
bool can_be_reshaped(const Shape& from, const Shape& to);

/// Throws Error(shape) if the samples of a field cannot be given the shape of this input, with a
/// hint for images whose channels are last.
void check_reshaping(const Field& field, const std::string& input, const Shape& shape,
                     const std::string& dataset);

}  // namespace selfnorm
