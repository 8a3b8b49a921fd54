// SPDX-License-Identifier: Apache-2.0
// From the [data] table to data sets.
#pragma once

#include "config/option.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// The options by name, range and help.
Options options(DataOptions& data);

}  // namespace selfnorm
