// SPDX-License-Identifier: Apache-2.0
// Data sets that are known by name, and the folders to search for them.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// A known data set. `folders` and `files` are lists separated by spaces. Each file may also be
/// gzip with the extension .gz.
struct KnownDataset {
  std::string_view name;
  std::string_view description;  ///< one line for `selfnorm data list`
  std::string_view folders;      ///< possible names of its folder in a data folder
  std::string_view files;        ///< all of these must be in the folder
  std::string_view class_names;  ///< by class index, separated by '|'
  std::string_view how_to_get;   ///< how to obtain it
};

std::span<const KnownDataset> known_datasets();

/// Returns the data set with this name, or null.
const KnownDataset* find_known_dataset(std::string_view name);

/// Returns the folders to search, in this order: options.data_dir, those in the environment
/// variable SELFNORM_DATA (separated by ':'), ./data, those that came with the program,
/// /usr/share/datasets.
std::vector<std::filesystem::path> data_directories(const DataOptions& options);

/// Returns the path of the file `stem` or `stem`.gz in the folder, or nothing.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder,
                                               std::string_view stem);

/// Returns the first folder with all files of the data set, or nothing.
std::optional<std::filesystem::path> find_dataset(const KnownDataset& known,
                                                  const DataOptions& options);

/// Like find_dataset, but throws Error(data) with the files, the folders and how to obtain them.
std::filesystem::path require_dataset(const KnownDataset& known, const DataOptions& options);

}  // namespace selfnorm
