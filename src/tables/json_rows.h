// SPDX-License-Identifier: Apache-2.0
// Objects of JSON as rows of cells.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tables/table_format.h"

namespace selfnorm {

/// A key of an object, and its value as the text of a cell, which is empty for null.
struct JsonCell {
  std::string key, text;
};

/// Receives the cells of an object, which begins on this line. Returns false to stop.
using JsonRowCallback = std::function<bool(const std::vector<JsonCell>& cells, std::int64_t line)>;

/// Calls a function for each object of JSON lines, or of a JSON array. Returns notes on the
/// encoding. Throws Error(data) with file and line for invalid JSON, for other values than objects,
/// for nested values, and for an object of more than 64 MiB.
std::vector<std::string> read_json_rows(const std::filesystem::path& path, TableFormat format,
                                        const JsonRowCallback& callback);

}  // namespace selfnorm
