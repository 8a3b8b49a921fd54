// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "selfnorm/setting.h"
#include "selfnorm/tensor.h"

namespace selfnorm {

/// One layer of a network: an op with its attributes.
struct Layer {
  std::string op;                        ///< name of the op, as in `selfnorm ops`
  Settings attributes = {};              ///< attributes that the op declares
  std::string name = {};                 ///< unique; empty: op_1, op_2, ... in order
  std::vector<std::string> inputs = {};  ///< names of layers or inputs; empty: the previous layer
  std::string share = {};                ///< layer of the same op whose parameters this layer uses
  double l2 = 0;                         ///< adds l2·Σw² of the weights (not biases) to the loss
};

/// A network as plain data, as in the [model] table of a network file. Layers that name their
/// inputs may be in any order.
struct Network {
  std::vector<std::pair<std::string, Shape>> inputs;  ///< name and shape of one sample
  std::vector<Layer> layers;                          ///< the layers
  std::vector<std::string> outputs = {};              ///< names; empty: the last layer
};

}  // namespace selfnorm
