// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Which nodes of a graph compute the same of the same values, as two layers that share weights do
/// on one input. Each dropout has masks of its own.
class Repeats {
 public:
  explicit Repeats(const Graph& graph);

  /// The first value that is the same as this one.
  ValueId first(ValueId id) const { return firsts_[static_cast<std::size_t>(id)]; }
  /// Whether there is more than one of it.
  bool is_repeated(ValueId id) const { return is_repeated_[static_cast<std::size_t>(first(id))]; }

 private:
  std::vector<ValueId> firsts_;
  std::vector<bool> is_repeated_;
};

}  // namespace selfnorm
