#pragma once

#include <string>
#include <utility>
#include <vector>

#include "selfnorm/setting.h"
#include "selfnorm/tensor.h"

namespace selfnorm {

/// One layer of a network: an op with its attributes.
struct Layer {
  std::string op;
  Settings attributes = {};              ///< what the op's row in the op table declares
  std::string name = {};                 ///< unique; empty: op_1, op_2, … in the order given
  std::vector<std::string> inputs = {};  ///< names of layers or inputs; empty: the layer before
  std::string share = {};                ///< a layer of the same op whose parameters this one uses
  double l2 = 0;                         ///< adds l2·Σw² of the weights (not biases) to the loss
};

/// A network as plain data: what a network file's [model] holds, and what a model file carries.
/// Layers may stand in any order when they name their inputs.
struct Network {
  std::vector<std::pair<std::string, Shape>> inputs;  ///< name and shape of one sample
  std::vector<Layer> layers;
  std::vector<std::string> outputs = {};  ///< names; empty: the last layer
};

}  // namespace selfnorm
