// SPDX-License-Identifier: Apache-2.0
// A page that describes the columns of a table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm {

struct TablePage {
  struct Row {
    std::vector<std::string> cells;       ///< as many as `table_page_columns` names
    std::vector<std::int64_t> histogram;  ///< rows in equal bins, or empty
  };
  std::string title, subtitle;
  std::vector<std::string> facts, warnings, notes;
  std::vector<Row> rows;
};

/// Returns the names of the cells of each row.
std::vector<std::string> table_page_columns();

/// Returns one HTML page that loads no other files. All texts are shown as text, never as markup.
std::string table_page(const TablePage& page);

}  // namespace selfnorm
