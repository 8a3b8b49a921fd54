// Flags that several `theory` commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "selfnorm/theory.h"

namespace selfnorm::cli {

/// What weights do: ω, τ and which of the two maps.
struct WeightArguments {
  LayerWeights weights;
  std::string map = "paper";

  void add(CLI::App& command);
  LayerWeights read() const;
};

/// An activation of the op table and its constants.
struct ActivationArguments {
  std::string name = "selu";
  double alpha = 0, lambda = 0, scale = 0;

  void add(CLI::App& command);
  /// Error(config) on an unknown activation or a constant that it does not have.
  MomentRule read() const;

 private:
  const CLI::App* command_ = nullptr;
};

/// α, λ and the scale of a SELU.
struct SeluArguments {
  SeluConstants constants;

  void add(CLI::App& command);
  /// Error(config) unless they are above 0.
  SeluConstants read() const;
};

/// Each adds its command below `theory`.
void add_theory_map(CLI::App& theory);
void add_theory_certify(CLI::App& theory);
void add_theory_plot(CLI::App& theory);

}  // namespace selfnorm::cli
