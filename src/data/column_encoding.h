// SPDX-License-Identifier: Apache-2.0
// Converts the cells of a table column to numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/column_cells.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns the names of the numbers that a column becomes, none for one that is left out.
std::vector<std::string> names_of_numbers(const TableColumn& column);

/// Throws Error(model_file) for a column that no table can have, as in a damaged model file.
void check_table_column(const TableColumn& column);

/// A table of numbers, row by row, and the place of a column in each row.
struct NumberTable {
  float* numbers;
  std::int64_t width, column;
};

/// A cell that is not what its column requires.
struct CellFault {
  std::int64_t row = 0;  ///< from 0
  std::string cell, expected;
};

/// Writes the numbers of a column for every row. Missing cells of numbers and times are NaN. An
/// unknown category is that of all others if there is one, else none. Returns the first
/// `max_faults` cells that are not a number or time of the column's format, or beyond 32 bits.
std::vector<CellFault> encode_column(const TableColumn& column, const ColumnCells& cells,
                                     const NumberTable& table, std::size_t max_faults);

}  // namespace selfnorm
