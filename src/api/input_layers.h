// SPDX-License-Identifier: Apache-2.0
// The first layers of the default network, which turn all inputs into one row of numbers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "selfnorm/dataset.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// The name and sample shape of each input, as in Network.
using InputShapes = std::vector<std::pair<std::string, Shape>>;

/// Returns the column whose token ids an input of the network consists of, or null.
const TableColumn* embedded_column_of(const InputShapes& inputs, const std::string& name,
                                      const Dataset& train);

/// Returns layers that embed texts and categories, flatten everything else and concatenate it.
/// `numeric_embedding` is that of DefaultNetworkOptions, for inputs that are not embedded. Returns
/// no layers if the only input is already a row of numbers.
std::vector<Layer> input_layers(const InputShapes& inputs, const Dataset& train,
                                const std::string& numeric_embedding);

}  // namespace selfnorm
