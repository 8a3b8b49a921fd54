// SPDX-License-Identifier: Apache-2.0
// What a layer's output is predicted and measured by: the same numbers for both.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "passes/signals.h"
#include "selfnorm/doctor.h"
#include "selfnorm/network.h"
#include "train/fit.h"

namespace selfnorm {

/// A layer by its name.
struct NamedMoments {
  std::string name, op;
  SignalMoments moments;
};

/// From predicted signals, for a batch of so many samples. In the order of the nodes.
std::vector<NamedMoments> summarize(const Graph& graph, const PredictedSignals& signals,
                                    std::int64_t batch);

/// Runs the network on the engine that trains, forward and backward, with weights and masks drawn
/// from `seeds` and the rows of each, to which fitted states are fitted, with these tables, and
/// measures every layer; one list of layers for each seed. A gradient that no path leads to is NaN.
std::vector<std::vector<NamedMoments>> measure(
    const Network& network, const std::function<InputRows(std::uint64_t seed)>& rows,
    std::int64_t batch, const std::vector<PretrainedTable>& tables,
    const std::vector<std::uint64_t>& seeds);

}  // namespace selfnorm
