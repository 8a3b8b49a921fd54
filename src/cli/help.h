// SPDX-License-Identifier: Apache-2.0
// Text of `--help`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace selfnorm::cli {

/// Returns the help of one command, wrapped at 100 columns.
std::string help_text(const Command& command);

/// Returns the usage line: "selfnorm train [OPTIONS] [NETWORK]".
std::string usage(const Command& command);

/// Returns every spelling and then the value: "--out FILE".
std::string signature(const Argument& argument);

/// Returns the argument's help with its choices and its default.
std::string full_help(const Argument& argument);

/// Groups the arguments by heading. The headings have the order of their first arguments.
struct ArgumentGroup {
  std::string heading;
  std::vector<const Argument*> arguments;
};
std::vector<ArgumentGroup> argument_groups(const Command& command);

}  // namespace selfnorm::cli
