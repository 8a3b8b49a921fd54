// SPDX-License-Identifier: Apache-2.0
// What a person should know about how a table was read, in a sentence each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "tables/column_cells.h"
#include "tables/column_choice.h"

namespace selfnorm {

/// A name and the words that occur below it.
struct NamedCells {
  const std::string& name;
  const ColumnCells& cells;
};

/// If each column has its own name among its words, the first row may be data instead of names.
/// Returns a note on this, or nothing.
std::optional<std::string> note_possible_header(const std::vector<NamedCells>& columns);

/// A column as it was read from a file.
struct ReadColumn {
  const TableColumn& column;  ///< what was decided
  const ColumnCells& cells;
  bool is_minus_missing = false;                    ///< whether cells "-" are missing
  DecimalSign decimal_sign = DecimalSign::unknown;  ///< of the table
};

/// Returns notes on a column of training rows that may be meant in another way. A column that the
/// user chose was meant in this way.
std::vector<std::string> notes_on_column(const ReadColumn& read, const ColumnChoice& choice);

/// Returns notes on a column of new rows, of which `unknown` are the categories that training did
/// not have.
std::vector<std::string> notes_on_new_column(const ReadColumn& read,
                                             const std::vector<std::string>& unknown);

/// Returns a note on numbers whose commas or points may be meant in another way, or nothing.
/// `sign` is that of the table.
std::optional<std::string> note_on_separators(const std::string& name, const ColumnCells& cells,
                                              CellFormat format, DecimalSign sign);

/// Returns a note on percent signs in some cells only, or on several currencies, or nothing.
std::optional<std::string> note_on_signs(const std::string& name, const ColumnCells& cells);

}  // namespace selfnorm
