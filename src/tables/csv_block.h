// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tables/csv_row.h"

namespace selfnorm {

/// Rows of a file as views of its text, for work on many rows at once.
class CsvBlock {
 public:
  void clear() { cells_.clear(), row_ends_.clear(), lines_.clear(), copies_.clear(); }

  /// Adds a cell of the next row. Its text must live as long as the block.
  void push(std::string_view cell) { cells_.push_back(trimmed(cell)); }
  /// Adds a cell and keeps a copy of its text.
  void push_copy(std::string_view cell) { push(copies_.emplace_back(cell)); }
  /// Ends the row, which began on this line.
  void end_row(std::int64_t line) { row_ends_.push_back(cells_.size()), lines_.push_back(line); }

  /// Removes the cells of the row that has not ended.
  void drop_row() { cells_.resize(row_ends_.empty() ? 0 : row_ends_.back()); }

  std::size_t rows() const { return row_ends_.size(); }
  std::size_t row_size(std::size_t row) const { return row_ends_[row] - begin_of(row); }
  std::int64_t line(std::size_t row) const { return lines_[row]; }
  /// Returns the cell without spaces around it.
  std::string_view cell(std::size_t row, std::size_t column) const {
    return cells_[begin_of(row) + column];
  }
  CsvRow copy_row(std::size_t row) const {
    CsvRow copy;
    for (std::size_t i = 0; i < row_size(row); ++i) copy.push(cell(row, i));
    return copy;
  }

 private:
  std::size_t begin_of(std::size_t row) const { return row == 0 ? 0 : row_ends_[row - 1]; }

  std::vector<std::string_view> cells_;
  std::vector<std::size_t> row_ends_;
  std::vector<std::int64_t> lines_;
  std::deque<std::string> copies_;
};

}  // namespace selfnorm
