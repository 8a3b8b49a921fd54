#pragma once

#include <vector>

#include "selfnorm/train.h"
#include "train/weights.h"

namespace selfnorm {

/// ω and τ of the units of every layer of a graph that has weights, in the order of its nodes; of
/// layers that share weights their owner's; units of a transposed convolution that lie at one place
/// of their groups count as one. Numerics: sums in double.
std::vector<UnitWeights> unit_weights(const Graph& graph, const Weights& weights);

}  // namespace selfnorm
