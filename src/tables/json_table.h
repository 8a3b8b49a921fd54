// SPDX-License-Identifier: Apache-2.0
// Reads tables in JSON.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"
#include "tables/table_format.h"

namespace selfnorm {

/// Reads a file of JSON lines, which has one object per line, or a JSON array of objects into one
/// field "features" and the targets, as `read_csv` does with a table that has a header. The columns
/// are the keys in the order in which they first occur. A cell is missing if its key is absent or
/// its value is null. Throws Error(data) with file, line and key for a value that is an array or an
/// object, for a key that occurs twice in an object, and for an object of more than 64 MiB.
Dataset read_json_table(const std::filesystem::path& path, TableFormat format,
                        const DataOptions& options);

}  // namespace selfnorm
