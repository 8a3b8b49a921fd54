// SPDX-License-Identifier: Apache-2.0
// The moments of each layer: the same numbers for predictions and measurements.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "passes/signals.h"
#include "selfnorm/doctor.h"
#include "selfnorm/network.h"
#include "train/initial_values.h"

namespace selfnorm {

/// The moments of a layer with this name and op.
struct NamedMoments {
  std::string name, op;
  SignalMoments moments;
};

/// Returns the predicted moments of each layer for a batch of `batch` samples, in the order of the
/// nodes.
std::vector<NamedMoments> predicted_layer_moments(const Graph& graph,
                                                  const PredictedSignals& signals,
                                                  std::int64_t batch);

/// Measures every layer with the training engine, in one forward and one backward pass per seed. A
/// seed draws the weights and masks, and `rows` returns its rows. States are fitted to these rows,
/// and `tables` are the pretrained tables. Returns one list of layers per seed. A gradient is NaN
/// if no path leads from the layer to an output.
std::vector<std::vector<NamedMoments>> measure_layer_moments(
    const Network& network, const std::function<InputRows(std::uint64_t seed)>& rows,
    std::int64_t batch, const std::vector<PretrainedTable>& tables,
    const std::vector<std::uint64_t>& seeds);

}  // namespace selfnorm
