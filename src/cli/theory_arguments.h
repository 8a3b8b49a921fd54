// SPDX-License-Identifier: Apache-2.0
// Flags that several `theory` commands share.
#pragma once

#include <string>

#include "cli/command.h"
#include "selfnorm/setting.h"
#include "selfnorm/theory.h"

namespace selfnorm::cli {

/// Error(config) naming the flag unless it is good.
void require(bool good, const char* flag, const char* expected, double got);
void require_positive(const char* flag, double got);

/// `--scale S` with a default.
void add_scale(Command& command, double& scale);

/// Which of the two maps: weights as given, or drawn.
struct MapArgument {
  std::string name = "paper";

  void add(Command& command);
  bool random() const;
};

/// What weights do: ω, τ and which of the two maps.
struct WeightArguments {
  LayerWeights weights;
  MapArgument map;

  void add(Command& command);
  LayerWeights read() const;
};

/// The constants of an activation, of which those that are given replace the op's own.
struct ConstantArguments {
  double alpha = 0, lambda = 0, scale = 0;

  void add(Command& command);
  /// Attributes of the op by name.
  Settings given() const;

 private:
  const Command* command_ = nullptr;
};

/// An activation of the op table and its constants.
struct ActivationArguments {
  std::string name = "selu";
  ConstantArguments constants;

  void add(Command& command);
  /// Error(config) on an unknown activation or a constant that it does not have.
  MomentRule read() const;
};

/// α, λ and the scale of a SELU.
struct SeluArguments {
  SeluConstants constants;

  void add(Command& command);
  /// Error(config) unless they are above 0, or α is 0.
  SeluConstants read() const;
};

/// Each adds its command below `theory`.
void add_theory_map(Command& theory);
void add_theory_certify(Command& theory);
void add_theory_plot(Command& theory);

}  // namespace selfnorm::cli
