// SPDX-License-Identifier: Apache-2.0
// Reads tables in text files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "data/csv_block.h"
#include "data/csv_row.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Receives a row and the line on which it begins. Returns false to stop.
using CsvRowCallback = std::function<bool(const CsvRow& row, std::int64_t line)>;
/// Receives the next rows. Returns false to stop.
using CsvBlockCallback = std::function<bool(const CsvBlock& rows)>;

/// How a table is written, as in DataOptions.
struct CsvFormat {
  std::string delimiter = "auto", quotes = "auto";
  std::string encoding = {};       ///< "UTF-16" if the file has this encoding
  std::int64_t recoded_lines = 0;  ///< lines that were read as Windows-1252
};

/// Calls a function for the rows of a plain or gzip file, and returns how the file is written.
/// Empty lines are skipped, and lines that start with # if the first one does (data/dialect.h).
/// Throws Error(data) with file and line for a quote that is not closed.
CsvFormat read_csv_blocks(const std::filesystem::path& path, const CsvFormat& format,
                          const CsvBlockCallback& callback);
CsvFormat read_csv_rows(const std::filesystem::path& path, const CsvFormat& format,
                        const CsvRowCallback& callback);

/// Reads a plain or gzip table into one field "features" of floats and the targets. Uses the
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
