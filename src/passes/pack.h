// SPDX-License-Identifier: Apache-2.0
// Packing: sequences without their padding.
#pragma once

#include "graph/graph.h"
#include "ops/row.h"

namespace selfnorm {

/// Makes the nodes between an embedding and its poolings over time work on packed rows, if they
/// treat steps independently: one row for each distinct token of the batch or, if masks are drawn
/// for each step, one row for each step up to the last token. Outputs of the poolings and gradients
/// are equal up to rounding. Padding is not computed.
void pack_sequences(Graph& graph, Mode mode);

}  // namespace selfnorm
