// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace selfnorm {

/// One value of a network file, an op's attribute or an option.
using Setting = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                             std::vector<double>, std::vector<std::string>>;

/// Settings by name. A table within a table is flattened with a dot: `optimizer.name`.
using Settings = std::map<std::string, Setting>;

/// Returns the setting as text, as in a network file.
std::string to_string(const Setting& setting);

}  // namespace selfnorm
