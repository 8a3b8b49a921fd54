// SPDX-License-Identifier: Apache-2.0
// Decides how the columns of a table become numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "tables/column_cells.h"
#include "tables/column_choice.h"

namespace selfnorm {

/// Categories of a column beyond this number share one number, the most frequent first.
inline constexpr std::size_t kMaxCategories = 32;

/// Embedded categories in fewer training rows share one vector, since these rows are too few to
/// learn one.
inline constexpr std::int64_t kMinEmbeddedCount = 5;

/// A column with fewer rows per category is not embedded by default: its vectors would fit noise
/// (experiments/tables).
inline constexpr std::int64_t kMinRowsPerCategory = 10;

/// A column of a table that is not a target, while its kind is decided.
struct UndecidedColumn {
  std::string name;
  bool is_first = false;
  bool prefers_decimal_comma = false;  ///< as in a table with semicolons
  bool is_used_anyway = false;         ///< even if it says nothing about a target
  bool is_category = false;            ///< also if its cells are numbers or times
  bool embed_many = false;             ///< whether many categories become an embedding
  /// The rows in which many categories are counted. Empty: all rows.
  std::span<const std::int64_t> training_rows = {};
};

/// Decides the kind of a column from its cells unless the choice says it. A column of numbers with
/// a few other cells is a number column, and `encode_table` reports these cells.
TableColumn decide_column(const UndecidedColumn& column, const ColumnCells& cells,
                          const ColumnChoice& choice);

/// Returns the format of numbers in which most of the cells are written, plain if it is one of
/// them.
CellFormat likely_number_format(const ColumnCells& cells, bool prefers_decimal_comma);

/// Returns the format of times in which most of the cells are written.
CellFormat likely_time_format(const ColumnCells& cells);

}  // namespace selfnorm
