// SPDX-License-Identifier: Apache-2.0
// How the cells of a text table are written.
#pragma once

#include <string>
#include <string_view>

namespace selfnorm {

/// The character between cells, and what else differs between programs that write tables.
struct Dialect {
  char delimiter = ',';             ///< ' ' stands for any number of spaces
  bool quotes = true;               ///< whether cells may be in double quotes
  bool has_separator_line = false;  ///< a first line "sep=;", which Excel writes
  bool has_comments = false;        ///< lines that start with # are not rows
};

/// Finds the dialect from the first lines of a table, without a byte order mark. `delimiter` and
/// `quotes` are as in DataOptions. With "auto", the delimiter is the one that divides the most
/// lines into the same number of cells, at least two. If none does, it is a comma. Quotes are data
/// if no cell between tabs is in quotes as a whole.
Dialect find_dialect(std::string_view start, const std::string& delimiter,
                     const std::string& quotes);

/// Returns the name of a delimiter in DataOptions.
std::string delimiter_name(char delimiter);

}  // namespace selfnorm
