// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace selfnorm {

/// Options of the optimizer. A member that the chosen optimizer does not use must keep its default.
struct OptimizerOptions {
  std::string name = "adam";     ///< sgd, adam, adamw or rmsprop
  double learning_rate = 0.001;  ///< before the schedule
  double momentum = 0;           ///< sgd, rmsprop
  bool nesterov = false;         ///< sgd: use Nesterov momentum
  double beta1 = 0.9;            ///< adam, adamw: decay of the first moment
  double beta2 = 0.999;          ///< adam, adamw: decay of the second moment
  double rho = 0.9;              ///< rmsprop: decay of the mean squared gradient
  double epsilon = 1e-7;         ///< adam, adamw, rmsprop: added to the denominator
  double weight_decay = 0.01;    ///< adamw: decoupled weight decay
  double clip_norm = 0;          ///< maximum norm of the whole gradient; 0 for no limit
  double clip_value = 0;         ///< maximum absolute value of a gradient element; 0 for no limit
};

/// Options of the learning rate schedule. Members that the chosen schedule does not use must keep
/// their defaults.
struct ScheduleOptions {
  std::string name = "constant";  ///< constant, step, cosine or reduce_on_plateau
  double warmup = 0;              ///< epochs of linear warm-up; may be fractional
  double step_epochs = 10;        ///< step: epochs between two reductions
  double factor = 0.1;            ///< step, reduce_on_plateau: factor of a reduction
  std::int64_t patience = 10;  ///< reduce_on_plateau: epochs without improvement before a reduction
  double minimum = 0;          ///< step, cosine, reduce_on_plateau: minimum after warm-up
};

}  // namespace selfnorm
