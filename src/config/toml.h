// SPDX-License-Identifier: Apache-2.0
// Network files: TOML in and out, as settings. The only place that knows TOML.
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

/// A table of a network file. Tables within it are flattened with dots, `x.name` being the same as
/// `x`; lists of tables stand apart.
struct TomlSection {
  Settings settings;
  std::map<std::string, std::vector<std::pair<Settings, std::string>>> lists;  ///< with "file:line"
  std::vector<std::string> order;  ///< the settings' names as they stand in the file
};

using TomlFile = std::map<std::string, TomlSection>;

/// Reads TOML; `where` starts messages. The keys of tables called as one of `free_keys` are the
/// user's own names, `name` among them. Throws Error(config) naming line and column of a fault.
TomlFile parse_toml(std::string_view text, const std::string& where,
                    const std::vector<std::string>& free_keys = {});

/// Bytes of a text, the end not included.
struct TextRange {
  std::size_t begin = 0, end = 0;
};

/// Where the tables of a list stand, as `layers` in [model]; nothing where they are not all written
/// in braces. The text is one that `parse_toml` takes.
std::vector<TextRange> toml_list_ranges(std::string_view text, std::string_view table,
                                        std::string_view list);

/// Where a table's value stands, or nothing.
std::optional<TextRange> toml_value_range(std::string_view text, std::string_view table,
                                          std::string_view key);

/// `name = value` lines; dotted names become inline tables.
std::string toml_lines(const Settings& settings);

/// `{ a = 1, b = "x" }`; `first` are the entries that come first, the others by their names.
std::string toml_inline(const Settings& settings, const std::vector<std::string>& first = {});

}  // namespace selfnorm
