// States that the training rows decide before training, as those of whitening.
#pragma once

#include "train/batches.h"
#include "train/weights.h"

namespace selfnorm {

/// Whether a graph has nodes with such states.
bool has_fitted_states(const Graph& graph);

/// Sets them, each from what reaches its node in inference mode, in the order of computation. The
/// graph is one for as many rows as are given.
void fit_states(const Graph& graph, Weights& weights, const InputRows& rows);

/// What a value of such a graph is for these rows, in inference mode and memory order.
std::vector<float> value_of(const Graph& graph, ValueId value, Weights& weights,
                            const InputRows& rows);

}  // namespace selfnorm
