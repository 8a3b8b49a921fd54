#pragma once

#include "graph/graph.h"
#include "ops/row.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// How the parameter described by `spec` starts and is trained, given the layer that owns it and
/// that layer's complete attributes, of which `init` counts. Throws Error(config) for a gain that
/// the initialiser does not take.
Parameter start_of(const Layer& owner, const Settings& attributes, const ParameterSpec& spec,
                   ValueId value);

/// Replaces every `auto` by lecun_normal (orthogonal before a SELU that is shaped for a depth) with
/// the gain that keeps the second moment of the signal at 1, given the first activation behind the
/// layer that owns the parameter: 1 before SELU, √2 in deviation before ReLU, 1 where none follows
/// or none would keep it.
void resolve_auto(Graph& graph);

}  // namespace selfnorm
