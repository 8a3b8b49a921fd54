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
  const std::string& missing_word;  ///< the first cell that is missing but not empty
  bool has_decimal_commas = false;  ///< whether the table seems to have decimal commas
};

/// Returns whether all words have a format.
bool have_format(const ColumnCells& cells, CellFormat format);

/// Returns whether all words are numbers with a decimal comma, and one of them cannot have
/// thousands separators.
bool has_clear_decimal_commas(const ColumnCells& cells);

/// Returns a note on a column of training rows that may be meant in another way, or nothing. A
/// column that the user chose was meant in this way.
std::optional<std::string> note_on_column(const ReadColumn& read, const ColumnChoice& choice);

/// Returns a note on a column of new rows, of which `unknown` are the categories that training did
/// not have, or nothing.
std::optional<std::string> note_on_new_column(const ReadColumn& read,
                                              const std::vector<std::string>& unknown);

/// Returns a note on numbers whose commas or points may be meant in another way, or nothing.
std::optional<std::string> note_on_separators(const std::string& name, const ColumnCells& cells,
                                              CellFormat format, bool has_decimal_commas);

/// Returns a note on percent signs in some cells only, or on several currencies, or nothing.
std::optional<std::string> note_on_signs(const std::string& name, const ColumnCells& cells);

}  // namespace selfnorm
