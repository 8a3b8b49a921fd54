// SPDX-License-Identifier: Apache-2.0
// Sequences without their padding.
#pragma once

#include "graph/graph.h"
#include "ops/row.h"

namespace selfnorm {

/// Lets what stands between an embedding and the poolings over its steps, where each node treats
/// every step by itself, work on packed rows: a row for each distinct word of the batch, or, where
/// masks are drawn for each step, a row for each step up to the last that is there. What leaves the
/// poolings, and every gradient, is the same but for rounding; padded steps are not computed.
void pack_sequences(Graph& graph, Mode mode);

}  // namespace selfnorm
