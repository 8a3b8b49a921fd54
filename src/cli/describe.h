// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace selfnorm::cli {

/// Adds `data describe`.
void add_describe(Command& data);

}  // namespace selfnorm::cli
