// SPDX-License-Identifier: Apache-2.0
// The file in a zip file that is read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace selfnorm {

struct ZipMember {
  std::size_t index = 0;  ///< among all members, in the order of the file
  std::string name;
  std::vector<std::string> ignored;  ///< other files, which are not named like tables
};

/// Chooses the only file in a zip file, or the only one that is named like a table. Folders, and
/// files that macOS and Windows add, do not count. Throws Error(data) with the names of the files
/// if there is no such one, for a spreadsheet, and for a damaged file.
ZipMember choose_zip_member(const std::filesystem::path& path);

/// Returns the files that are not read if this is a zip file, else nothing.
std::vector<std::string> ignored_zip_members(const std::filesystem::path& path);

}  // namespace selfnorm
