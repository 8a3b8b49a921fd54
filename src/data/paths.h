// SPDX-License-Identifier: Apache-2.0
// What kind of source a [data] table names, and where its files lie.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "selfnorm/dataset.h"

namespace selfnorm {

enum class FileKind { table, npy, idx };

/// By the name's ending; an unknown one is an Error(data) that lists those there are.
FileKind file_kind(const std::filesystem::path& path);

enum class SourceKind {
  known,   ///< a data set that goes by a name
  folder,  ///< IDX files named as MNIST's are
  table,
  array,  ///< one NPY or IDX file, its targets in another
  files,  ///< without a source: such a file for each input
};

struct Source {
  SourceKind kind;
  std::filesystem::path path;  ///< of a folder, table or array
};

/// Error(data) when the options name nothing, or what is not there.
Source find_source(const DataOptions& options);

/// A relative path is tried as it is, then in every data directory.
std::optional<std::filesystem::path> find_path(const std::string& path, const DataOptions& options);

/// The file of targets: beside the file of inputs, else as `find_path` finds it.
std::filesystem::path find_target(const std::filesystem::path& inputs, const DataOptions& options);

/// Writes out in full what names a file, so that the options hold from any folder.
void make_absolute(DataOptions& options);

}  // namespace selfnorm
