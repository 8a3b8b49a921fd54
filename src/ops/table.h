// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/row.h"

namespace selfnorm {

/// Returns the rows of all ops, layers first, in a fixed order.
std::span<const OpRow> op_table();

/// Returns the row with this name, or null.
const OpRow* find_op(const std::string& name);

/// Returns whether an op has an attribute with this name.
bool has_attribute(const OpRow& row, std::string_view name);

/// Returns the row of a node's op. Every node of a graph has one.
const OpRow& row_of(const Node& node);

/// Whether a network may use the op.
bool is_layer(const OpRow& row);

/// Returns the names of the ops that a network may use.
std::vector<std::string> layer_names();

/// Returns the pointwise pass of a node and its epilogue. If the op of the node is not pointwise,
/// the pass is that of the epilogue alone. At inference, ops that are the identity are left out.
Pointwise pointwise_pass(const Node& node, Mode mode);

/// Returns the name by which the node's mask is drawn, which is that of its dropout stage.
std::string mask_name(const Node& node);

}  // namespace selfnorm
