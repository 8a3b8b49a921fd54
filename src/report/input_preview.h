// SPDX-License-Identifier: Apache-2.0
// What goes into a model, as a reader sees it.
#pragma once

#include "report/page.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Adds a row's input to what is said of it: its texts, its image, or a table's values.
void add_input(const Dataset& data, std::int64_t row, Json& json);

}  // namespace selfnorm
