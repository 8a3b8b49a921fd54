// SPDX-License-Identifier: Apache-2.0
// The cells of one table column.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tables/cell.h"

namespace selfnorm {

/// Stands for a missing number.
inline constexpr double kMissingNumber = std::numeric_limits<double>::quiet_NaN();

/// Collects the cells of a column: as numbers while all of them are numbers, then as words.
class ColumnCells {
 public:
  static constexpr std::int32_t kMissing = -1;

  /// With `has_words`, all cells are words from the start.
  explicit ColumnCells(bool has_words = false) : has_words_(has_words) {}

  /// Makes the column one of words, and lists those that it may have, in their order.
  void declare_words(const std::vector<std::string>& words);
  /// Adds a cell if the column has only numbers so far and this is one, too. Returns whether it
  /// did.
  bool push_number(std::string_view cell);
  /// Adds a cell if it is a word that the column has. Returns whether it did.
  bool push_known_word(std::string_view cell);
  /// Adds a cell, and a missing cell.
  void push(std::string_view cell);
  void push_missing();

  std::int64_t size() const { return size_; }
  std::int64_t missing() const { return missing_; }
  bool has_words() const { return has_words_; }
  /// Whether a word is not as it was in the file, because it was a number first: "1.50" became 1.5.
  bool has_changed_words() const { return has_changed_words_; }

  /// Without words: the numbers, NaN for missing ones.
  const std::vector<double>& numbers() const { return numbers_; }

  /// Whether a number was written with a decimal point, and whether each such number has one to
  /// three digits before it and three after it, so that the point may divide thousands.
  bool has_points() const { return has_points_; }
  bool may_have_grouping_points() const { return has_points_ && are_points_grouping_; }

  /// With words: the declared and the distinct words in the order of their first row, how often
  /// each occurs, and the word of each row, or kMissing. Numbers are words, too.
  const std::vector<std::string>& words() const { return words_; }
  const std::vector<std::int64_t>& counts() const { return counts_; }
  const std::vector<std::int32_t>& codes() const { return codes_; }
  /// With words: how often each of them occurs in these rows.
  std::vector<std::int64_t> counts_in(std::span<const std::int64_t> rows) const;
  /// With words: the number of cells that have a format.
  std::int64_t count_in(CellFormat format) const;
  /// The number of words that occur.
  std::int64_t distinct_words() const;

  /// Converts to words, and words to numbers in this format. All words must have it.
  void use_words();
  void use_numbers(CellFormat format);

  /// Keeps only the rows that are marked.
  void select(const std::vector<bool>& kept);

 private:
  std::int32_t code_of(std::string_view word);
  void push_word(std::string_view word);
  void examine_point(std::string_view cell);

  std::int64_t size_ = 0, missing_ = 0;
  bool has_words_ = false, has_changed_words_ = false;
  bool are_canonical_ = true;  // the numbers so far, as fmt would write them
  bool has_points_ = false, are_points_grouping_ = true;
  std::vector<double> numbers_;
  std::vector<std::string> words_;
  std::vector<std::int64_t> counts_;
  std::vector<std::int32_t> codes_;
  // Finds words without a copy of the text.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> index_;
};

/// Returns whether all words have a format.
bool have_format(const ColumnCells& cells, CellFormat format);

/// How decimals are written.
enum class DecimalSign { unknown, point, comma };

/// Returns the decimal sign that the cells certainly have: they have a format with it, and not the
/// one in which this sign divides thousands.
DecimalSign decimal_sign_of(const ColumnCells& cells);

}  // namespace selfnorm
