// SPDX-License-Identifier: Apache-2.0
// A fixture that reads small tables.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "tables/csv.h"
#include "temporary_files.h"

namespace selfnorm {

class TableTest : public TemporaryFolderTest {
 protected:
  using Floats = std::vector<float>;
  using Names = std::vector<std::string>;

  Dataset read(const std::string& text, const std::string& target = "y",
               DataOptions options = {}) const {
    options.target = target;
    return read_csv(write("t.csv", text), options);
  }
  std::string fault(const std::string& text, DataOptions options = {}) const {
    return data_error_message([&] { read(text, "y", options); });
  }
  /// Returns the options for rows that are read as these were.
  static DataOptions planned(const Dataset& data) {
    DataOptions options;
    options.table = data.table;
    options.read_targets = false;
    return options;
  }
  /// Returns the numbers of one column, or none if there is no such column.
  static Floats numbers(const Dataset& data, const std::string& name) {
    const Field& field = data.inputs[0];
    const auto at = std::ranges::find(field.columns, name) - field.columns.begin();
    Floats column;
    const auto& values = std::get<Floats>(field.values);
    if (at == std::ssize(field.columns)) return column;
    for (auto i = static_cast<std::size_t>(at); i < values.size(); i += field.columns.size())
      column.push_back(values[i]);
    return column;
  }
};

}  // namespace selfnorm
