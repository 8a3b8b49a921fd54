// SPDX-License-Identifier: Apache-2.0
// Columns of categories that an embedding reads as token ids (TableColumn::kind "embedded").
#pragma once

#include <cstdint>
#include <span>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Gives each column of token ids an input of its own, with the name of the column, after the input
/// of all other columns.
void separate_embedded_columns(Dataset& data);

/// Returns the column whose token ids the input consists of, or null.
const TableColumn* find_embedded_column(const Dataset& data, const Field& field);

/// Throws Error(data) for a column with a number that is not one of its token ids.
void check_token_ids_of_columns(const Dataset& data);

/// Returns the number of token ids of a column.
std::int64_t vocabulary_size(const TableColumn& column);

/// Removes the categories of all columns of token ids that do not occur in the given rows, since
/// training cannot learn their vectors. They become the category of all others, or none. The fields
/// keep their token ids; `convert_categories` renumbers them.
std::vector<TableColumn> learned_categories(const Dataset& data,
                                            std::span<const std::int64_t> rows);

/// Renumbers the token ids of all columns as those of the same categories in `table`, which the
/// data get.
void convert_categories(const std::vector<TableColumn>& table, Dataset& data);

}  // namespace selfnorm
