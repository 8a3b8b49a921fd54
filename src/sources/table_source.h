// SPDX-License-Identifier: Apache-2.0
// Loads a file with a table or with texts.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Loads a table of any format, or the texts in its columns if `options.text` names them, and
/// divides its columns into inputs. Throws Error(data) with the file, the place and a fix.
Dataset load_table(const std::filesystem::path& path, const DataOptions& options);

}  // namespace selfnorm
