// SPDX-License-Identifier: Apache-2.0
// Reads tables in text files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "tables/csv_block.h"
#include "tables/csv_row.h"
#include "tables/csv_table.h"

namespace selfnorm {

/// Receives a row and the line on which it begins. Returns false to stop.
using CsvRowCallback = std::function<bool(const CsvRow& row, std::int64_t line)>;
/// Receives the next rows. Returns false to stop.
using CsvBlockCallback = std::function<bool(const CsvBlock& rows)>;

/// How a table is written, as in DataOptions.
struct CsvFormat {
  std::string delimiter = "auto", quotes = "auto";
  std::vector<std::string> notes = {};  ///< what a person should know about how it was read
};

/// Calls a function for the rows of a plain or compressed file, and returns how the file is
/// written. Empty lines are skipped, and lines that start with # if the first one does
/// (tables/dialect.h). Throws Error(data) with file and line for a quote that is not closed.
CsvFormat read_csv_blocks(const std::filesystem::path& path, const CsvFormat& format,
                          const CsvBlockCallback& callback);
CsvFormat read_csv_rows(const std::filesystem::path& path, const CsvFormat& format,
                        const CsvRowCallback& callback);

/// Takes rows one by one or many at once. Both functions return false to stop.
struct RowSink {
  CsvRowCallback add_row;
  CsvBlockCallback add_rows;
};

/// Gives the rows of a file to a sink, from its start, and returns how the file is written.
using RowSource = std::function<CsvFormat(const RowSink& sink)>;

/// Collects rows from a source, which may be called more than once, into a data set. `columns` are
/// those that the file declares. If there are none, the first row is a header as in `read_csv`.
Dataset collect_rows(const std::filesystem::path& path, const DataOptions& options,
                     const std::vector<DeclaredColumn>& columns, const RowSource& source);

/// Reads a plain or compressed table into one field "features" of floats and the targets. Uses the
/// options `target`, `task`, `delimiter`, `quotes`, `header`, `limit`, `read_targets`, `missing`,
/// `categorical`, `numeric`, `ordinal`, `date`, `id`, `group`, `time`, `columns`, `drop`, `keep`,
/// `read_ids` and `table`. docs/tables.md says how columns become
/// numbers, and which rows and columns are left out.
///
/// Columns without a header are named "0", "1", …. `target` is the name or the index of a column.
/// Indices count from 0, or from the end if negative. `target` may also be a list separated by
/// commas. Several targets are values in the order of the list, with NaN for a missing one. If
/// `target` is empty, a column named target, label or class (in any case) is the target if there is
/// one.
///
/// Throws Error(data) with file, line and column for cells that are not numbers in a column of
/// numbers, for a row with more or fewer cells than the first row, for a name that two columns
/// have, and for a quote that is not closed.
Dataset read_csv(const std::filesystem::path& path, const DataOptions& options);

}  // namespace selfnorm
