// SPDX-License-Identifier: Apache-2.0
// Shell completions, generated from the command tables.
#pragma once

#include <string>

#include "cli/command.h"

namespace selfnorm::cli {

/// Return a completion script for all commands, flags, choices of values and files.
std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

}  // namespace selfnorm::cli
