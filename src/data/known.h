// SPDX-License-Identifier: Apache-2.0
// The data sets that go by a name, and the places where they are looked for.
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
  std::string_view get;          ///< how to come by it
};

std::span<const KnownDataset> known_datasets();

/// The row of this name, or null.
const KnownDataset* find_known(std::string_view name);
/// Where data sets are looked for, in this order: options.data_dir, the environment variable
/// SELFNORM_DATA (several with ':' between), ./data, the folder that came with the program,
/// /usr/share/datasets.
std::vector<std::filesystem::path> data_directories(const DataOptions& options);

/// The file `stem` in the folder, plain or with .gz, or nothing.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder,
                                               std::string_view stem);

/// The first folder that has all files of the data set.
std::optional<std::filesystem::path> find_dataset(const KnownDataset& known,
                                                  const DataOptions& options);

/// find_dataset, or an Error(data) that says what was looked for, where, and how to get it.
std::filesystem::path require_dataset(const KnownDataset& known, const DataOptions& options);

}  // namespace selfnorm
