// SPDX-License-Identifier: Apache-2.0
// Recognizes files of other programs, which are not read, and says how to convert them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

/// Whether the bytes contain control characters that no text has.
bool has_control_bytes(std::string_view bytes);

/// Throws Error(data) with a command that converts the file if it begins as one of Excel, SQLite,
/// HDF5, R, Python's pickle and others does. `start` is its beginning, decompressed.
void check_not_foreign(const std::filesystem::path& path, std::string_view start);

/// Throws Error(data) likewise if these are the members of a spreadsheet or of NumPy's .npz.
void check_not_foreign_zip(const std::filesystem::path& path,
                           const std::vector<std::string>& members);

}  // namespace selfnorm
