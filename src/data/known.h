// SPDX-License-Identifier: Apache-2.0
// Data sets that are known by name, and the folders where they are searched.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// One row of the table. `folders` and `files` are lists with spaces between; a file counts as
/// there with or without .gz.
struct KnownDataset {
  std::string_view name;
  std::string_view what;         ///< one line for `selfnorm data list`
  std::string_view folders;      ///< its folder in a data directory may have any of these names
  std::string_view files;        ///< all of these must be in the folder
  std::string_view class_names;  ///< by class index, with '|' between
  std::string_view get;          ///< how to obtain it
};

std::span<const KnownDataset> known_datasets();

/// The data set with this name, or null.
const KnownDataset* find_known(std::string_view name);
/// The folders to search, in this order: options.data_dir, the environment variable
/// SELFNORM_DATA (several with ':' between), ./data, the folder that came with the program,
/// /usr/share/datasets.
std::vector<std::filesystem::path> data_directories(const DataOptions& options);

/// The file `stem` in the folder, plain or with .gz, or nothing.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder,
                                               std::string_view stem);

/// The first folder that has all files of the data set.
std::optional<std::filesystem::path> find_dataset(const KnownDataset& known,
                                                  const DataOptions& options);

/// As find_dataset, but throws Error(data) with the files, the folders and how to obtain them.
std::filesystem::path require_dataset(const KnownDataset& known, const DataOptions& options);

}  // namespace selfnorm
