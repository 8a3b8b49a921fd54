// SPDX-License-Identifier: Apache-2.0
// What a person should know about how a table was read, in a sentence each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "tables/column_cells.h"

namespace selfnorm {

/// A name and the words that occur below it.
struct NamedCells {
  const std::string& name;
  const ColumnCells& cells;
};

/// If each column has its own name among its words, the first row may be data instead of names.
/// Returns a note on this, or nothing.
std::optional<std::string> note_possible_header(const std::vector<NamedCells>& columns);

/// If all dates may begin with the day or with the month, returns a note on the format in which
/// they are read, or nothing.
std::optional<std::string> note_ambiguous_days(const NamedCells& column, const std::string& format);

/// If no category of an embedded column is frequent enough for a vector, returns a note on this, or
/// nothing.
std::optional<std::string> note_rare_categories(const TableColumn& column);

/// Returns a note on categories that training did not have, or nothing if there are none.
std::optional<std::string> note_unknown_categories(const std::string& column,
                                                   const std::vector<std::string>& unknown);

}  // namespace selfnorm
