// Network files: TOML in and out, as settings. The only place that knows TOML.
#pragma once

#include <map>
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

/// `name = value` lines; dotted names become inline tables.
std::string toml_lines(const Settings& settings);

/// `{ a = 1, b = "x" }`.
std::string toml_inline(const Settings& settings);

}  // namespace selfnorm
