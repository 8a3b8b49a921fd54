// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graph/graph.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// Replaces dropouts by what they are at inference, and removes those that do nothing then.
void apply_inference_mode(Graph& graph);

/// The attribute that says what a dropout computes at inference.
inline constexpr const char* kDropoutInference = "inference";

/// Sets this attribute of all layers that have it. Returns whether this changes what a layer
/// computes. Throws Error(config) for a word that is not one of its choices.
bool set_dropout_inference(Network& network, const std::string& inference);

}  // namespace selfnorm
