// SPDX-License-Identifier: Apache-2.0
// Inputs that hold numbers of words.
#pragma once

#include <cstdint>
#include <map>

#include "graph/graph.h"
#include "kernels/sequence.h"

namespace selfnorm {

/// The graph's inputs that hold numbers of words, or a mask of steps, with how many words there
/// are: the least of what their readers know, or kMaxTokenIds. Throws Error(config) where such
/// numbers come from a layer, or are read as plain numbers too.
std::map<ValueId, std::int64_t> vocabularies(const Graph& graph);

}  // namespace selfnorm
