// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/column_groups.h"
#include "report/page.h"
#include "report/sections.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Adds the partial dependence (Friedman 2001) on the first six of these columns that are numbers,
/// ordinals or categories: the mean prediction on at most 300 rows when the column has the same
/// value in all of them. The values are 20 quantiles of the column, or its categories, at most 20.
/// Of more than 8 classes or targets, those with the most rows or the first ones are shown.
void add_partial_dependence(const NamedRows& named_rows, TrainedModel& model,
                            const std::vector<ColumnGroup>& columns, Json& document);

}  // namespace selfnorm
