// SPDX-License-Identifier: Apache-2.0
// What `--help` prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace selfnorm::cli {

/// The help of one command, wrapped at 100 columns.
std::string help_text(const Command& command);

/// "selfnorm train [OPTIONS] [NETWORK]".
std::string usage(const Command& command);

/// "--out FILE", every spelling in front of the value.
std::string signature(const Argument& argument);

/// The argument's help with its choices and its default.
std::string full_help(const Argument& argument);

/// The arguments with one heading, for every heading in the order of its first argument.
struct ArgumentGroup {
  std::string heading;
  std::vector<const Argument*> arguments;
};
std::vector<ArgumentGroup> argument_groups(const Command& command);

}  // namespace selfnorm::cli
