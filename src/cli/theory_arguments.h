// SPDX-License-Identifier: Apache-2.0
// Flags that several `theory` commands share.
#pragma once

#include <string>

#include "cli/command.h"
#include "selfnorm/setting.h"
#include "selfnorm/theory.h"

namespace selfnorm::cli {

/// Each function throws Error(config) with the flag's name if the value is out of range.
void require(bool good, const char* flag, const char* expected, double got);
void require_positive(const char* flag, double got);

/// Adds `--scale S` with a default.
void add_scale(Command& command, double& scale);

/// The moment map: for given weights, or for weights drawn at random.
struct MapArgument {
  std::string name = "paper";

  void add(Command& command);
  bool is_random() const;
};

/// The weights of a layer: ω, τ and the kind of moment map.
struct WeightArguments {
  LayerWeights weights;
  MapArgument map;

  void add(Command& command);
  LayerWeights read() const;
};

/// The constants of an activation. Flags replace the defaults of the op.
struct ConstantArguments {
  double alpha = 0, lambda = 0, scale = 0;

  void add(Command& command);
  /// Returns the attributes of the op by name.
  Settings given_settings() const;

 private:
  const Command* command_ = nullptr;
};

/// An activation of the op table and its constants.
struct ActivationArguments {
  std::string name = "selu";
  ConstantArguments constants;

  void add(Command& command);
  /// Throws Error(config) for an unknown activation or a constant that it does not have.
  MomentRule read() const;
};

/// α, λ and the scale of a SELU.
struct SeluArguments {
  SeluConstants constants;

  void add(Command& command);
  /// Throws Error(config) unless all are above 0. α may be 0.
  SeluConstants read() const;
};

/// Each function adds one subcommand of `theory`.
void add_theory_map(Command& theory);
void add_theory_certify(Command& theory);
void add_theory_plot(Command& theory);

}  // namespace selfnorm::cli
