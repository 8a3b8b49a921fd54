// SPDX-License-Identifier: Apache-2.0
// The numbers of a table column in the inputs of a data set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns whether all inputs are from a table.
bool is_from_table(const Dataset& data);

/// The place of the numbers of a table column in an input.
struct ColumnPlace {
  const Field* field = nullptr;
  std::size_t begin = 0, count = 0;
};

/// Returns the places of the columns that have numbers, by name. They refer to the data.
std::unordered_map<std::string_view, ColumnPlace> places_of_columns(const Dataset& data);

/// The numbers of a table column. It refers to the place's field and to the column.
class FeatureColumn {
 public:
  FeatureColumn(const ColumnPlace& place, const TableColumn& column);

  /// Returns the first number of a row.
  double number(std::int64_t row) const { return at(row, 0); }
  bool is_missing(std::int64_t row) const;
  /// Returns the index of the category, or −1.
  std::int64_t category(std::int64_t row) const;

 private:
  float at(std::int64_t row, std::size_t i) const {
    return values_[static_cast<std::size_t>(row) * width_ + begin_ + i];
  }

  const TableColumn& column_;
  std::span<const float> values_;
  std::size_t width_, begin_, count_;
};

}  // namespace selfnorm
