// SPDX-License-Identifier: Apache-2.0
// Columns of categories that an embedding reads as token ids (TableColumn::kind "embedded").
#pragma once

#include <cstdint>
#include <span>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Moves each embedded column to an input of its own with its name, after the input of all other
/// columns.
void separate_embedded_columns(Dataset& data);

/// Returns the column whose token ids the input consists of, or null.
const TableColumn* find_embedded_column(const Dataset& data, const Field& field);

/// Throws what `check_dataset` throws, and Error(data) with the row for a number of an embedded
/// column that is not one of its token ids. For data that a program passes in.
void check_given_dataset(const Dataset& data);

/// Returns the number of token ids of a column.
std::int64_t vocabulary_size(const TableColumn& column);

/// Returns `data.table` without the embedded categories that do not occur in these rows, since
/// training cannot learn their vectors. They count as all others, if such a category remains, else
/// as none. `convert_categories` then renumbers the fields.
std::vector<TableColumn> learned_categories(const Dataset& data,
                                            std::span<const std::int64_t> rows);

/// Replaces the embedded columns of the data by those in `table`, and renumbers the token ids so
/// that each category keeps its meaning.
void convert_categories(const std::vector<TableColumn>& table, Dataset& data);

}  // namespace selfnorm
