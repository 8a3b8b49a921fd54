// SPDX-License-Identifier: Apache-2.0
// Reads a file that contains a table.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Reads a table of any format, as its reader documents it. Throws Error(data) for options that the
/// format does not have.
Dataset read_table(const std::filesystem::path& path, const DataOptions& options);

}  // namespace selfnorm
