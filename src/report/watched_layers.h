// SPDX-License-Identifier: Apache-2.0
// Separates the inner layers among the watched layers from those at the output.
#pragma once

#include <string>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm {

/// Returns the watched layers after the last weights, such as a `scale`. Their outputs are in the
/// unit of the predictions.
std::vector<std::string> layers_after_last_weights(const EpochRecord& record);

/// Returns the histograms of the other layers.
std::vector<LayerHistogram> hidden_layer_histograms(const EpochRecord& record);

}  // namespace selfnorm
