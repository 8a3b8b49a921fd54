// SPDX-License-Identifier: Apache-2.0
// What a report finds out by trying the model on rows that are not in the data.
#pragma once

#include "report/page.h"
#include "report/sections.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Permutation importance (Breiman 2001): by how much the loss of at most 1,000 rows grows when one
/// column's values are shuffled among them. Of tables of numbers with at most 200 columns; nothing
/// is added for other data.
void add_permutation_importance(const NamedRows& of, TrainedModel& model, Json& document);

/// The class that the model gives each place of a grid, for inputs of two numbers and classes.
void add_decision_boundary(const NamedRows& of, TrainedModel& model, Json& document);

}  // namespace selfnorm
