// SPDX-License-Identifier: Apache-2.0
// Shows the input of a model to a reader.
#pragma once

#include "report/page.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Adds the input of a row to `json`: its texts, its image, or the values of a table.
void add_input_preview(const Dataset& data, std::int64_t row, Json& json);

}  // namespace selfnorm
