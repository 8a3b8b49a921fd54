// SPDX-License-Identifier: Apache-2.0
// The targets in columns of a table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/targets.h"
#include "selfnorm/dataset.h"
#include "tables/column_cells.h"
#include "tables/table_notes.h"

namespace selfnorm {

struct TargetColumn {
  std::string name;
  ColumnCells* cells;
  RowLocator locate;
  std::string format = {};  ///< how numbers are written, or "" if the cells decide
  bool is_number = false;   ///< whether the user or a model gave the format
};

/// Converts a target of words to numbers if all are numbers with a decimal comma, thousands
/// separators, a currency or a percent sign. If most are, only sets the column's format. Adds
/// notes. `sign` is that of the table.
void read_formatted_numbers(TargetColumn& column, DecimalSign sign,
                            std::vector<std::string>& notes);

/// Throws Error(data) for a target of words of which there are too few rows each. Adds a note if
/// all rows have the same target.
void check_variety(const std::string& file, const TargetColumn& column,
                   std::vector<std::string>& notes);

/// Cells that cannot be read, and what can be done about them.
struct UnreadableCells {
  std::vector<std::string> faults;
  std::string fix;
};

/// Finds the cells that are no targets: words if most cells are numbers, if the task is
/// "regression", or if there are several targets. `is_new` means that a model is given, so that its
/// kind of target cannot change.
UnreadableCells find_unreadable_targets(const std::vector<TargetColumn>& columns,
                                        const std::string& task, bool is_new);

/// Returns the targets in these columns, which are readable. One target of words, or of whole
/// numbers that number classes (`look_like_classes`), is a class. Throws Error(data) for numbers
/// that 32 bits do not tell apart, and for classes that 64 bits do not tell apart.
Targets targets_of_table(const std::vector<TargetColumn>& columns, const std::string& task);

/// Returns whether rows without this target must be left out, because it is a class.
bool needs_all_labels(const TargetColumn& column, const std::string& task);

bool is_missing(const ColumnCells& cells, std::int64_t row);
/// Returns the first row with a missing cell.
std::int64_t first_missing(const ColumnCells& cells);

/// Throws Error(data) if so many cells of a target are words that count as missing that these may
/// be classes.
void reject_doubtful_missing(const std::string& place, const std::vector<std::string>& words,
                             std::int64_t count, std::int64_t rows);

/// Throws Error(data) for a table whose columns are all left out.
[[noreturn]] void throw_no_features(const std::string& file,
                                    const std::vector<TableColumn>& columns);

/// Throws Error(data) with all faults and what can be done.
[[noreturn]] void throw_cell_faults(const std::vector<std::string>& faults, const std::string& fix);

/// What can be done about cells that do not have the format that a model expects.
inline constexpr const char* kFixOfNewCells =
    "correct the cells, or empty them, which makes them missing";

}  // namespace selfnorm
