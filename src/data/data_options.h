// SPDX-License-Identifier: Apache-2.0
// The options of the [data] table.
#pragma once

#include "config/option.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns the options with their names, ranges and help.
Options options(DataOptions& data);

}  // namespace selfnorm
