// SPDX-License-Identifier: Apache-2.0
// Option structs are described once: an Option binds a name, a range and a help line to a member.
// Network files, flags, --help, checks and documentation all read the same list.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "selfnorm/setting.h"

namespace selfnorm {

/// The interval of allowed finite numbers, closed unless an end is open.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;
  bool open_high = false;

  bool contains(double value) const;
  std::string text() const;
};

namespace range {
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr Range kAny{};
inline constexpr Range kPositive{0, kInfinity, true, true};
inline constexpr Range kNonNegative{0, kInfinity, false, true};
inline constexpr Range kAtLeastOne{1, kInfinity, false, true};
inline constexpr Range kExtent{1, 1e9, false, false};  ///< of a tensor or a window
inline constexpr Range kRate{0, 1, false, true};       ///< [0, 1)
inline constexpr Range kUnit{0, 1, false, false};
}  // namespace range

/// One option: its name, where its value lives, what is allowed, one line of help. A Setting takes
/// whatever it is given, for options of several types; its reader checks it.
struct Option {
  using Target = std::variant<bool*, int*, std::int64_t*, std::uint64_t*, double*, std::string*,
                              std::vector<std::int64_t>*, std::vector<double>*,
                              std::vector<std::string>*, Setting*>;
  std::string name;
  Target target;
  std::string help;
  Range range = range::kAny;
  std::vector<std::string> choices = {};
};

using Options = std::vector<Option>;

/// Checks `value` against type, range and choices. `where` starts the message, as
/// "net.toml: [train]". Throws Error(config). Integers stand for doubles where one is wanted.
void set_option(const Option& option, const Setting& value, const std::string& where);

/// The present value of the option.
Setting get_option(const Option& option);

/// Sets every option named in `settings`; an unknown name is an Error(config) with the nearest one.
void apply_settings(const Options& options, const Settings& settings, const std::string& where);

/// All options as settings, in the order of their names.
Settings collect_settings(const Options& options);

/// Reads `text` (a flag's value) as the type of the option's target.
Setting parse_setting(const Option& option, const std::string& text, const std::string& where);

}  // namespace selfnorm
