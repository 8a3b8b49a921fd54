#pragma once

#include <cstdint>
#include <string>

namespace selfnorm {

/// How weights are moved by their gradients. A member that the optimizer called `name` does not
/// read must be left at its default.
struct OptimizerOptions {
  std::string name = "adam";     ///< sgd, adam, adamw or rmsprop
  double learning_rate = 0.001;  ///< before the schedule
  double momentum = 0;           ///< sgd, rmsprop
  bool nesterov = false;         ///< sgd
  double beta1 = 0.9;            ///< adam, adamw
  double beta2 = 0.999;          ///< adam, adamw
  double rho = 0.9;              ///< rmsprop
  double epsilon = 1e-7;         ///< adam, adamw, rmsprop
  double weight_decay = 0.01;    ///< adamw, decoupled
  double clip_norm = 0;          ///< greatest norm of the whole gradient; 0 for no limit
  double clip_value = 0;         ///< greatest size of a gradient's element; 0 for no limit
};

/// How the learning rate changes while training.
struct ScheduleOptions {
  std::string name = "constant";  ///< constant, step, cosine or reduce_on_plateau
  double warmup = 0;              ///< epochs, also parts of one, of linear rise from near 0
  double step_epochs = 10;        ///< step: epochs between two reductions
  double factor = 0.1;            ///< step, reduce_on_plateau: what a reduction multiplies by
  std::int64_t patience = 10;     ///< reduce_on_plateau: epochs without improvement before one
  double minimum = 0;             ///< lowest learning rate after warm-up
};

}  // namespace selfnorm
