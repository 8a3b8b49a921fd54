// Flags that several `theory` commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "selfnorm/theory.h"

namespace selfnorm::cli {

/// Error(config) naming the flag unless it is good.
void require(bool good, const char* flag, const char* expected, double got);
void require_positive(const char* flag, double got);

/// Which of the two maps: weights as given, or drawn.
struct MapArgument {
  std::string name = "paper";

  void add(CLI::App& command);
  bool random() const;
};

/// What weights do: ω, τ and which of the two maps.
struct WeightArguments {
  LayerWeights weights;
  MapArgument map;

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
  /// Error(config) unless they are above 0, or α is 0.
  SeluConstants read() const;
};

/// Each adds its command below `theory`.
void add_theory_map(CLI::App& theory);
void add_theory_certify(CLI::App& theory);
void add_theory_plot(CLI::App& theory);

}  // namespace selfnorm::cli
