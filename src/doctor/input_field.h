// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "passes/signals.h"
#include "train/fit.h"

namespace selfnorm {

/// The field of real rows, as the engine holds them, of this shape with the batch first: exact
/// products of the numbers, averaged over channels.
MomentField field_of_rows(std::span<const float> rows, const Shape& shape);

/// The fields of a graph's inputs, and behind nodes whose states are fitted to these rows or read
/// from a file, as far as no weights stand in front of them: of the very values. Word numbers are
/// steps with one channel. The graph is for as many rows.
std::map<ValueId, MomentField> known_fields(const Graph& graph, const InputRows& rows,
                                            const std::vector<PretrainedTable>& tables);

/// Of independent N(0, 1): one sample stands for all.
MomentField unit_normal_field(const Shape& shape);

}  // namespace selfnorm
