// SPDX-License-Identifier: Apache-2.0
// Words of the command line to the command that they name. The only file that sees CLI11.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace selfnorm::cli {

/// Reads `words` (without the program's name) into the arguments of the command that they name,
/// runs it and returns its exit status. `--help` and `--version` print and return 0. Throws
/// Error(config) for words that fit no command, with the nearest one, and for values that do not
/// fit their argument.
int run_command_line(Command& program, std::vector<std::string> words);

}  // namespace selfnorm::cli
