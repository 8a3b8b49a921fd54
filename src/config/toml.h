// SPDX-License-Identifier: Apache-2.0
// Reads and writes network files in TOML as settings. Only this module uses the TOML library.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "selfnorm/setting.h"

namespace selfnorm {

/// A table of a network file. Nested tables are flattened with dots, and `x.name` is the same as
/// `x`. Lists of tables are separate.
struct TomlSection {
  Settings settings;
  std::map<std::string, std::vector<std::pair<Settings, std::string>>> lists;  ///< and "file:line"
  std::vector<std::string> order;  ///< names of the settings in the order of the file
};

using TomlFile = std::map<std::string, TomlSection>;

/// Parses TOML. `where` starts error messages. In tables named in `free_keys`, the keys are names
/// chosen by the user, and `name` has no special meaning. Throws Error(config) with the line of an
/// error, and the column if it is in the syntax.
TomlFile parse_toml(std::string_view text, const std::string& where,
                    const std::vector<std::string>& free_keys = {});

/// A range of bytes in a text, without `end`.
struct TextRange {
  std::size_t begin = 0, end = 0;
};

/// Returns the ranges of the tables in a list, such as `layers` in [model], or nothing unless all
/// of them are written in braces. The text must be valid for `parse_toml`.
std::vector<TextRange> toml_list_ranges(std::string_view text, std::string_view table,
                                        std::string_view list);

/// Returns the range of a value in a table, or nothing.
std::optional<TextRange> toml_value_range(std::string_view text, std::string_view table,
                                          std::string_view key);

/// Returns lines of `name = value`. Dotted names become inline tables.
std::string toml_lines(const Settings& settings);

/// Returns `{ a = 1, b = "x" }`. The entries in `first` come first, and the others are sorted by
/// name.
std::string toml_inline(const Settings& settings, const std::vector<std::string>& first = {});

}  // namespace selfnorm
