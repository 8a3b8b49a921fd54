// SPDX-License-Identifier: Apache-2.0
// Which of the watched layers are of the network's inside.
#pragma once

#include <string>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm {

/// The watched layers that stand behind the last weights, such as a `scale`: what they give is in
/// the unit of what is predicted.
std::vector<std::string> layers_after_last_weights(const EpochRecord& record);

/// How the outputs of the other layers are distributed.
std::vector<LayerHistogram> hidden_layer_histograms(const EpochRecord& record);

}  // namespace selfnorm
