// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tables/cell.h"

namespace selfnorm {

/// A row of cells, without a memory allocation per cell.
class CsvRow {
 public:
  void clear() { text_.clear(), ends_.clear(); }
  void push(std::string_view cell) { text_ += cell, ends_.push_back(text_.size()); }
  std::size_t size() const { return ends_.size(); }
  /// Returns the cell without spaces around it.
  std::string_view cell(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return trimmed(std::string_view(text_).substr(begin, ends_[i] - begin));
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

}  // namespace selfnorm
