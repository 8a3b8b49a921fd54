// SPDX-License-Identifier: Apache-2.0
// What a user asks of the columns of a table.
#pragma once

#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// What the options say about one column.
struct ColumnChoice {
  /// "number", "category", "embedded", "ordinal", "time", "id", "group", "left out", or "" if the
  /// cells decide.
  std::string kind = {};
  std::vector<std::string> order = {};  ///< of an ordinal column: its words from low to high
  std::string format = {};              ///< how numbers or times are written; "": the cells decide
  bool is_kept = false;                 ///< used even if it says nothing about new rows
  std::string option = {};              ///< the option that chose the kind
};

/// Returns the choice for each column. Throws Error(data) if an option names a column that does not
/// exist, if two options contradict each other, and for an order or a format that is not one.
std::vector<ColumnChoice> column_choices(const std::string& file,
                                         const std::vector<std::string>& names,
                                         const DataOptions& options);

}  // namespace selfnorm
