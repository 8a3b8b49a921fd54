// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include "graph/graph.h"

namespace selfnorm {

/// The smallest interval that contains all outputs of an op.
struct OutputRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// Returns the range of an activation over all inputs. Ends inside the domain, such as the minimum
/// of gelu, are accurate to 1e-4.
OutputRange output_range(const Node& activation);

}  // namespace selfnorm
