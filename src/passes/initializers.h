#pragma once

#include "graph/graph.h"
#include "ops/row.h"

namespace selfnorm {

/// How the parameter described by `spec` starts, given the `init` that its layer asks for.
Parameter start_of(const Node& node, const ParameterSpec& spec, ValueId value, double l2);

/// Replaces every `auto` by lecun_normal (orthogonal before a SELU that is shaped for a depth) with
/// the gain that keeps the second moment of the signal at 1, given the first activation behind the
/// layer: 1 before SELU, √2 in deviation before ReLU, 1 where none follows or none would keep it.
void resolve_auto(Graph& graph);

}  // namespace selfnorm
