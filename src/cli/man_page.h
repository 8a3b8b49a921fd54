// SPDX-License-Identifier: Apache-2.0
// Manual pages, generated from the command tables.
#pragma once

#include <map>
#include <string>

#include "cli/command.h"

namespace selfnorm::cli {

/// Returns the manual page of every command in roff, by file name: "selfnorm-train.1".
std::map<std::string, std::string> manual_pages(const Command& program);

}  // namespace selfnorm::cli
