// SPDX-License-Identifier: Apache-2.0
// Converts the cells of a table column to numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"
#include "tables/column_cells.h"

namespace selfnorm {

/// Whether the cells of a column are categories.
bool is_category(const TableColumn& column);

/// Whether the cells of a column are token ids.
bool is_embedded(const TableColumn& column);

/// Whether a column has two categories and no missing cells, so that it is a single number.
bool is_one_number(const TableColumn& column);

/// The token id of the first category of an embedded column. 0 is padding, and also a missing cell.
inline constexpr std::size_t kFirstCategory = 2;

/// Returns the token id of a category that an embedded column does not list: 1, or 0 if all
/// categories in training are listed.
std::size_t token_id_of_others(const TableColumn& column);

/// Returns the index of the category with a token id, or −1.
std::int64_t category_of_token_id(float id);

/// Whether a column becomes numbers for the network.
bool is_feature(const TableColumn& column);

/// Returns the names of the numbers that a column becomes, none for one that is not a feature.
std::vector<std::string> names_of_numbers(const TableColumn& column);

/// Returns whether a column has a category for true and one for false. New rows may write them in
/// another way.
bool is_boolean(const TableColumn& column);

/// Throws Error(model_file) for a column that no table can have, as in a damaged model file.
void check_table_column(const TableColumn& column);

/// A table of numbers, row by row, and the place of a column in each row.
struct NumberTable {
  float* numbers;
  std::int64_t width, column;
};

/// A cell that is not what its column requires.
struct CellFault {
  std::int64_t row = 0;  ///< from 0
  std::string cell, expected;
};

/// Writes the numbers of a column. The column and its cells must outlive the encoder. Const
/// functions are thread-safe.
class ColumnEncoder {
 public:
  /// The cells of categories and ordinals must be words. `prefers_plain` means that a cell that is
  /// a number with a decimal point is one, whatever the format of the column is.
  ColumnEncoder(const TableColumn& column, const ColumnCells& cells, bool prefers_plain);

  /// Returns the number of numbers in each row.
  std::size_t count() const { return count_; }

  /// Returns the words that occur and are none of the categories of the column.
  std::vector<std::string> unknown_categories() const;

  /// Writes the numbers of rows `begin` to `end` − 1. Missing cells of numbers and times are NaN.
  /// An unknown category counts as all others if the column has them, else as none. The token ids
  /// of an embedded column are 0 for a missing cell or no category, 1 for all others, and 2 onward
  /// for the listed categories. Adds the first `max_faults` cells that are not a number or time of
  /// the column's format, or beyond 32 bits, or not one of the words of an ordinal column.
  void encode(std::int64_t begin, std::int64_t end, const NumberTable& table,
              std::size_t max_faults, std::vector<CellFault>& faults) const;

 private:
  std::optional<CellFault> encode_word(std::int64_t row, float* out) const;
  std::optional<CellFault> encode_number(std::int64_t row, float* out) const;
  std::optional<CellFault> encode_value(std::int64_t row, double value, float* out) const;
  void encode_missing(float* out) const;

  enum class Coding { one_hot, two_categories, token_id, time, number };
  static Coding coding_of(const TableColumn& column);

  const TableColumn& column_;
  const ColumnCells& cells_;
  Coding coding_;  // decided once, since comparing words for each cell is slow
  std::size_t count_;
  std::vector<std::optional<double>> of_word_;  // number, or rank of the category
};

/// A fault in the cells of one of several encoders.
struct TableFault {
  std::size_t encoder = 0;
  CellFault fault;
};

/// Writes the numbers of all columns, side by side, for `rows` rows. Uses all threads. Returns the
/// first `max_faults` faults of each column.
std::vector<TableFault> encode_table(const std::vector<ColumnEncoder>& encoders, std::int64_t rows,
                                     std::vector<float>& numbers, std::size_t max_faults);

}  // namespace selfnorm
