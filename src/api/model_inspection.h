// SPDX-License-Identifier: Apache-2.0
// Parts of a report for which the model runs on rows that are not in the data.
#pragma once

#include <vector>

#include "api/column_groups.h"
#include "report/page.h"
#include "report/sections.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Adds the permutation importance (Breiman 2001) of every column: the increase of the loss on at
/// most 1,000 rows when the values of the column are shuffled among them. Only for tables of
/// numbers with at most 200 columns; adds nothing for other data. Returns the columns, the most
/// important first.
std::vector<ColumnGroup> add_permutation_importance(const NamedRows& named_rows,
                                                    TrainedModel& model, Json& document);

/// Adds the predicted class for every point of a grid. Only for inputs of two numbers and targets
/// that are classes.
void add_decision_boundary(const NamedRows& named_rows, TrainedModel& model, Json& document);

}  // namespace selfnorm
