// SPDX-License-Identifier: Apache-2.0
// The kind of a file that contains a table.
#pragma once

#include <filesystem>

#include "selfnorm/dataset.h"

namespace selfnorm {

enum class TableFormat {
  delimited,   ///< cells between commas, tabs or other delimiters
  json_lines,  ///< one JSON object per line
  json_array,  ///< one JSON array of objects
  arff,
  svmlight,
};

/// Returns the format of a table from its content, and from its extension if the content can have
/// several. Throws Error(data) for the formats of `check_not_foreign`.
TableFormat find_table_format(const std::filesystem::path& path);

/// Throws Error(data) for options of delimited tables if the file has another format, unless a
/// model gives them, which reads files of any format.
void check_delimited_options(const std::filesystem::path& path, TableFormat format,
                             const DataOptions& options);

/// Throws Error(data) for a file that cannot contain texts.
void check_text_format(const std::filesystem::path& path, TableFormat format);

/// Returns whether a file contains text, in UTF-8 or a similar encoding, or in UTF-16.
bool is_text_file(const std::filesystem::path& path);

}  // namespace selfnorm
