// SPDX-License-Identifier: Apache-2.0
// What table columns say about the order of rows, without being features.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tables/column_cells.h"
#include "tables/column_encoding.h"

namespace selfnorm {

/// Returns the group of each row, from 0. Each row without a group is a group of its own. The cells
/// must be words.
std::vector<std::int32_t> groups_of(const ColumnCells& cells);

/// The time of each row, or the first cell that is not one.
struct TableTimes {
  std::vector<double> values;
  std::optional<CellFault> fault;
};

/// Returns numbers, or the seconds of times. `format` is the name of a format, or "" for that in
/// which most of the cells are written.
TableTimes times_of(const ColumnCells& cells, const std::string& format);

/// Whether all words are times both with the day first and with the month first.
bool has_ambiguous_days(const ColumnCells& cells);

/// Returns the text of each cell, "" for a missing one.
std::vector<std::string> texts_of(const ColumnCells& cells);

}  // namespace selfnorm
