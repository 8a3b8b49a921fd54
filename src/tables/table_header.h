// SPDX-License-Identifier: Apache-2.0
// The names of the columns of a table, from its first rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "tables/csv_row.h"

namespace selfnorm {

/// What the first rows of a table say about its columns.
struct TableHeader {
  std::vector<std::string> names;  ///< the column's index if there is no header
  bool is_row = false;             ///< whether the first row is the header
  bool is_skipped = false;         ///< whether the first row is neither a header nor data
  bool has_row_names = false;      ///< whether rows begin with a name that the header lacks
  bool ends_with_delimiter =
      false;                    ///< whether the header names no column after its last delimiter
  bool may_be_names = false;    ///< whether the first row of data counts up, as years do
  bool counts_columns = false;  ///< whether the header is 0, 1, 2, …, which could be data
};

/// Finds the header from the first two rows (the second may be absent). With `header` "auto", the
/// first row is a header if it has text but not numbers, or the name of the target, which is not an
/// index, or text above a number, or if it is 0, 1, 2, … in at least three columns. A header with
/// one cell less than the rows has no name for the first column, as R writes it. A first row with
/// the numbers of rows and of features, and the names of classes, is skipped, as scikit-learn
/// writes it. Throws Error(data) for a name that is not UTF-8.
TableHeader find_header(const std::string& file, const CsvRow& first, const CsvRow* second,
                        const DataOptions& options);

/// Returns the column with a name, or an index (from the end if negative), if there is one. Throws
/// Error(data) if several columns have the name.
std::optional<std::size_t> find_column(const std::string& file,
                                       const std::vector<std::string>& names,
                                       const std::string& name);

/// Returns the target columns. Throws Error(data) for an unknown or repeated target, for several
/// candidates, and if no column is left for features.
std::vector<std::size_t> find_targets(const std::string& file,
                                      const std::vector<std::string>& names,
                                      const std::string& target);

/// Throws Error(data) with the names of columns that a model needs and a table lacks. If the first
/// row may not be a header, the message says how to read it as data.
[[noreturn]] void throw_missing_columns(const std::string& file,
                                        const std::vector<std::string>& missing,
                                        const std::vector<std::string>& columns,
                                        bool may_lack_header);

/// Returns a hint with the name that differs only in case, else the nearest name, or all names if
/// they are few.
std::string column_hint(const std::string& name, const std::vector<std::string>& columns);

}  // namespace selfnorm
