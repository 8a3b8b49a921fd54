// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Where each value lies. Values of one buffer share its memory.
struct MemoryPlan {
  static constexpr std::size_t kElsewhere = static_cast<std::size_t>(-1);
  std::vector<std::size_t> offset;  ///< by value, in bytes; kElsewhere: not in the arena
  std::vector<ValueId> view_of;     ///< by value: what it is a view of; kNoValue: of nothing
  std::size_t arena_bytes = 0;
};

/// Lays the graph's intermediate values into one arena: two values whose lives overlap never share
/// bytes, but for views, which share those of what they show; a value that dies in a node whose row
/// allows it is overwritten in place. Values in `elsewhere` (inputs, parameters, what the caller
/// binds) get no place; those in `kept` live to the end. Offsets are multiples of 64.
MemoryPlan plan_memory(const Graph& graph, const std::vector<char>& elsewhere,
                       const std::vector<ValueId>& kept);

}  // namespace selfnorm
