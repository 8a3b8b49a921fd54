// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// The location of each value in memory. Values with the same buffer share its memory.
struct MemoryPlan {
  static constexpr std::size_t kNotInArena = static_cast<std::size_t>(-1);
  std::vector<std::size_t> offset;  ///< by value, in bytes, or kNotInArena if not in the arena
  std::vector<ValueId> view_of;     ///< by value, the viewed value, or kNoValue
  std::size_t arena_bytes = 0;
};

/// Places the graph's intermediate values in one arena. Values with overlapping lifetimes never
/// share bytes, except that a view has the memory of the viewed value. The last node that reads a
/// value overwrites it in place if the row of its op allows this. Values in `is_external` (inputs,
/// parameters, values that the caller binds) are not placed. Values in `retained` live until the
/// end. Offsets are multiples of 64.
MemoryPlan plan_memory(const Graph& graph, const std::vector<char>& is_external,
                       const std::vector<ValueId>& retained);

}  // namespace selfnorm
