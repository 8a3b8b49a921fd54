// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ops/row.h"

namespace selfnorm {

/// Every op there is, layers first, in a fixed order.
std::span<const OpRow> op_table();

/// The row called `name`, or null.
const OpRow* find_op(const std::string& name);

/// The row of a node that is in a graph; such a node's op always has one.
const OpRow& row_of(const Node& node);

/// Whether a network may use the op.
bool is_layer(const OpRow& row);

/// Names of the ops that a network may use.
std::vector<std::string> layer_names();

/// Node and epilogue together as the pointwise pass they make. A head that is not pointwise itself
/// contributes nothing. At inference ops that are identities then are left out.
Pointwise pointwise_pass(const Node& node, Mode mode);

/// The name whose mask the node's pass draws: its dropout stage's.
std::string mask_name(const Node& node);

}  // namespace selfnorm
