// SPDX-License-Identifier: Apache-2.0
// Parses the command line. command_line.cc is the only file that includes CLI11.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace selfnorm::cli {

/// Parses `words` (without the program's name), runs the command that they name and returns its
/// exit status. `--help` and `--version` print and return 0. Throws Error(config) for an unknown
/// command, with the nearest one, and for a value that its argument does not accept.
int run_command_line(Command& program, std::vector<std::string> words);

}  // namespace selfnorm::cli
