// SPDX-License-Identifier: Apache-2.0
// Tables of numbers in text files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "data/csv_table.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Receives a row and the line on which it begins. Returns false to stop.
using CsvRowTaker = std::function<bool(const CsvRow& row, std::int64_t line)>;

/// Calls a function for each row of a file, gzip or not. Empty lines are skipped. `delimiter` is
/// as in DataOptions. Error(data) names file and line of a quote that is not closed.
void read_csv_rows(const std::filesystem::path& path, const std::string& delimiter,
                   const CsvRowTaker& take);

/// Reads a table, gzip or not, into one field "features" of floats and the targets. Uses `target`,
/// `task`, `delimiter`, `header` and `limit` of the options.
///
/// The delimiter, unless given, is a tab if the first line has one, else a semicolon, else a comma.
/// The first row is a header, unless said, when it holds text and no number, or the target's name.
/// Columns without a header are called "0", "1", …. `target` is a column's name, or its number from
/// 0 (from the end when negative), or several of them with commas between, which gives a value for
/// each in the order given and NaN where one is missing; when empty, a column called target, label
/// or class (in any case) is taken, and none if there is no such column. Missing is an empty cell,
/// or NA, N/A, NaN, null or ?.
///
/// Error(data) names file, line and column of a cell that is no finite 32-bit number, of a missing
/// feature or class, of a row with more or fewer cells than the first, of a quote that is not
/// closed.
Dataset read_csv(const std::filesystem::path& path, const DataOptions& options);

}  // namespace selfnorm
