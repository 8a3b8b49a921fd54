// SPDX-License-Identifier: Apache-2.0
// Tables in the formats of Apache Arrow. The Python package pyarrow reads them, if it is installed.
#pragma once

#include <filesystem>
#include <memory>

#include "files/temporary_file.h"

namespace selfnorm {

/// Whether a file begins as a Parquet, Arrow or Feather file, and is not compressed as a whole.
bool is_arrow_file(const std::filesystem::path& path);

/// Converts such a file to a CSV file, with python3 and pyarrow. Row names of pandas become a first
/// column without a name. Throws Error(data) with pyarrow's message if it cannot read the file, and
/// with commands that install pyarrow if it is missing.
std::unique_ptr<TemporaryFile> convert_arrow_file(const std::filesystem::path& path);

}  // namespace selfnorm
