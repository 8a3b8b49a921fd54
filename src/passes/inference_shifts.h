// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "graph/graph.h"
#include "selfnorm/doctor.h"
#include "theory/moment_field.h"

namespace selfnorm {

/// Whether the graph has a dropout that changes values in training.
bool has_active_dropout(const Graph& graph);

/// Whether the graph has batch norm, whose running statistics mean nothing before training.
bool has_running_statistics(const Graph& graph);

/// Predicts the outputs at inference for initial weights, by value. `known` is as in
/// `predict_signals`; at most 64 of its rows are used, and 8 for images and sequences. A value has
/// no entry if its mean over the masks does not vary over rows. Returns an empty list for graphs
/// without active dropout, with running statistics, or with a difference or product of two outputs
/// of the same weights. Source: docs/theory.md, "Alpha dropout at inference".
std::vector<std::optional<InferenceShift>> predict_inference_shifts(
    const Graph& graph, const std::map<ValueId, MomentField>& known);

}  // namespace selfnorm
