// SPDX-License-Identifier: Apache-2.0
// Reads tables of numbers in text files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "data/csv_table.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Receives a row and the line on which it begins. Returns false to stop.
using CsvRowCallback = std::function<bool(const CsvRow& row, std::int64_t line)>;

/// Calls a function for each row of a plain or gzip file. Empty lines are skipped. `delimiter` is
/// as in DataOptions. Throws Error(data) with file and line for a quote that is not closed.
void read_csv_rows(const std::filesystem::path& path, const std::string& delimiter,
                   const CsvRowCallback& callback);

/// Reads a plain or gzip table into one field "features" of floats and the targets. Uses the
/// options `target`, `task`, `delimiter`, `header`, `limit` and `read_targets`.
///
/// With delimiter "auto", cells are separated by tabs if the first line has one, else by semicolons
/// if it has one, else by commas. With header "auto", the first row is a header if it has text and
/// either not a number or the name of the target. Columns without a header are named "0", "1", ….
/// `target` is the name or the index of a column. Indices count from 0, or from the end if
/// negative. `target` may also be a list separated by commas. Several targets are values in the
/// order of the list, with NaN for a missing one. If `target` is empty, a column named target,
/// label or class (in any case) is the target if there is one. A cell is missing if it is empty or
/// (in any case) NA, N/A, NaN, null or ?.
///
/// Throws Error(data) with file, line and column for a cell that is not a finite 32-bit number, for
/// a missing feature or class, for a row with more or fewer cells than the first row, and for a
/// quote that is not closed.
Dataset read_csv(const std::filesystem::path& path, const DataOptions& options);

}  // namespace selfnorm
