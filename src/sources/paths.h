// SPDX-License-Identifier: Apache-2.0
// The kind of a data source, and the paths of its files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "selfnorm/dataset.h"

namespace selfnorm {

enum class FileKind { table, npy, idx };

/// Returns the kind of a file from its extension. A text with another extension is a table. Throws
/// Error(data) with the known extensions for any other file.
FileKind file_kind(const std::filesystem::path& path);

enum class SourceKind {
  known,   ///< a data set known by name
  folder,  ///< IDX files named like MNIST's
  table,
  array,  ///< one NPY or IDX file, with the targets in another
  files,  ///< no source, but one NPY or IDX file for each input
};

struct Source {
  SourceKind kind;
  std::filesystem::path path;  ///< path of a folder, table or array
};

/// Returns the source that the options name. Throws Error(data) if they name none, or one that does
/// not exist.
Source find_source(const DataOptions& options);

/// Finds a file or folder. A relative path is searched in the current folder, then in every data
/// folder.
std::optional<std::filesystem::path> find_path(const std::string& path, const DataOptions& options);

/// Returns the path of the file of targets: next to the file of inputs, else as `find_path` finds
/// it.
std::filesystem::path find_target(const std::filesystem::path& inputs, const DataOptions& options);

/// Makes all file names absolute, so that the options are valid in any folder.
void make_absolute(DataOptions& options);

}  // namespace selfnorm
