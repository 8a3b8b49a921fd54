// SPDX-License-Identifier: Apache-2.0
// Tables in the formats of Apache Arrow. The Python package pyarrow reads them, if it is installed.
#pragma once

#include <filesystem>
#include <memory>

#include "files/temporary_file.h"

namespace selfnorm {

/// Whether a file begins as a Parquet, Arrow or Feather file, and is not compressed as a whole.
bool is_arrow_file(const std::filesystem::path& path);

/// Returns the table of such a file as CSV. Row names of pandas become a first column without a
/// name, as in a CSV file. Runs python3, which must find pyarrow. Throws Error(data) with pyarrow's
/// message if it cannot read the file, and with a command that installs it or converts the file if
/// it is not there.
std::unique_ptr<TemporaryFile> convert_arrow_file(const std::filesystem::path& path);

}  // namespace selfnorm
