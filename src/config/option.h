// SPDX-License-Identifier: Apache-2.0
// Options are described once: an Option binds a name, a range and a line of help to a member of a
// struct. Network files, flags, --help, checks and documentation all use the same list.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "selfnorm/setting.h"

namespace selfnorm {

/// An interval of allowed finite numbers. An end is included unless it is open.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool is_low_open = false;
  bool is_high_open = false;

  bool contains(double value) const;
  std::string text() const;
};

namespace range {
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr Range kAny{};
inline constexpr Range kPositive{0, kInfinity, true, true};
inline constexpr Range kNonNegative{0, kInfinity, false, true};
inline constexpr Range kAtLeastOne{1, kInfinity, false, true};
inline constexpr Range kExtent{1, 1e9, false, false};  ///< extent of a tensor or a window
inline constexpr Range kRate{0, 1, false, true};       ///< [0, 1)
inline constexpr Range kUnit{0, 1, false, false};
}  // namespace range

/// An option: its name, the variable that stores its value, the allowed values and a line of help.
/// A Setting as the target accepts values of every type, for options with several types. The code
/// that reads it must check it.
struct Option {
  using Target = std::variant<bool*, int*, std::int64_t*, std::uint64_t*, double*,
                              std::optional<double>*, std::string*, std::vector<std::int64_t>*,
                              std::vector<double>*, std::vector<std::string>*, Setting*>;
  std::string name;
  Target target;
  std::string help;
  Range range = range::kAny;
  std::vector<std::string> choices = {};
};

using Options = std::vector<Option>;

/// Assigns `value` to the option after checks of its type, range and choices. Integers are
/// converted where a double is expected. Throws Error(config). Messages start with `where`, such as
/// "net.toml: [train]".
void set_option(const Option& option, const Setting& value, const std::string& where);

/// Returns the current value of the option.
Setting get_option(const Option& option);

/// Sets every option named in `settings`. Throws Error(config) with the nearest name for an unknown
/// one.
void apply_settings(const Options& options, const Settings& settings, const std::string& where);

/// Returns all options as settings, sorted by name.
Settings collect_settings(const Options& options);

/// Parses `text`, the value of a flag, as the type of the option's target.
Setting parse_setting(const Option& option, const std::string& text, const std::string& where);

}  // namespace selfnorm
