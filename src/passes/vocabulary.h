// SPDX-License-Identifier: Apache-2.0
// Inputs of token ids.
#pragma once

#include <cstdint>
#include <map>

#include "graph/graph.h"
#include "kernels/sequence.h"

namespace selfnorm {

/// Returns the inputs of the graph that are token ids or a mask of steps, with the size of their
/// vocabulary. It is the smallest vocabulary of their readers, or kMaxTokenIds. Throws
/// Error(config) if a layer computes such ids, or if they are also read as plain numbers.
std::map<ValueId, std::int64_t> vocabulary_sizes(const Graph& graph);

}  // namespace selfnorm
