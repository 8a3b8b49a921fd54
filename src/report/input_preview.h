// SPDX-License-Identifier: Apache-2.0
// Shows the input of a model to a reader.
#pragma once

#include "report/page.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Adds the line of a row in its file to `json`, if it is known, and the input of the row: its
/// texts, its image, or the values of a table.
void add_input_preview(const Dataset& data, std::int64_t row, Json& json);

}  // namespace selfnorm
