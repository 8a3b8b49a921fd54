// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "passes/signals.h"
#include "train/initial_values.h"

namespace selfnorm {

/// Returns the moment field of given rows in memory order. `shape` has the batch first. The field
/// holds exact products of the numbers, averaged over channels.
MomentField field_of_rows(std::span<const float> rows, const Shape& shape);

/// Returns the fields that follow from the rows alone: those of the graph's inputs, and those after
/// nodes with fitted states or pretrained tables if no drawn weights come before. They are computed
/// from the actual values. Token ids are steps with one channel. The batch size of the graph is the
/// number of rows.
std::map<ValueId, MomentField> known_fields(const Graph& graph, const InputRows& rows,
                                            const std::vector<PretrainedTable>& tables);

/// Returns the field of independent N(0, 1) values. One sample represents all.
MomentField unit_normal_field(const Shape& shape);

}  // namespace selfnorm
