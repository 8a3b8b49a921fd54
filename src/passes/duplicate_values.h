// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// The nodes of a graph that compute the same values from the same inputs, such as two layers that
/// share weights and input. A dropout never repeats another one, because each has its own masks.
class DuplicateValues {
 public:
  explicit DuplicateValues(const Graph& graph);

  /// Returns the first value that equals this one.
  ValueId first(ValueId id) const { return first_equal_[static_cast<std::size_t>(id)]; }
  /// Whether another value equals this one.
  bool has_duplicate(ValueId id) const { return is_repeated_[static_cast<std::size_t>(first(id))]; }

 private:
  std::vector<ValueId> first_equal_;
  std::vector<bool> is_repeated_;
};

}  // namespace selfnorm
