// SPDX-License-Identifier: Apache-2.0
#include "cli/theory_arguments.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {

void require(bool good, const char* flag, const char* expected, double got) {
  if (good) return;
  throw Error(ErrorKind::config, fmt::format("{}: expected {}, got {}", flag, expected, got));
}

void require_positive(const char* flag, double got) {
  require(got > 0 && std::isfinite(got), flag, "a number above 0", got);
}

void add_scale(Command& command, double& scale) {
  command.add(
      {.name = "--scale", .target = &scale, .help = "SELU's s, which multiplies the input by √s"});
}

void MapArgument::add(Command& command) {
  command.add({.name = "--map",
               .target = &name,
               .help = "paper: fixed weights, z ~ N(μω, ντ); random_weights: drawn weights, z ~ "
                       "N(μω, (ν + μ²)τ)",
               .choices = {"paper", "random_weights"}});
}

bool MapArgument::is_random() const { return name == "random_weights"; }

void WeightArguments::add(Command& command) {
  command.add({.name = "--weight-mean",
               .target = &weights.omega,
               .help = "ω, the sum of a unit's weights"});
  command.add({.name = "--weight-variance",
               .target = &weights.tau,
               .help = "τ, the sum of a unit's squared weights"});
  map.add(command);
}

LayerWeights WeightArguments::read() const {
  require(std::isfinite(weights.omega), "--weight-mean", "a number", weights.omega);
  require_positive("--weight-variance", weights.tau);
  LayerWeights read = weights;
  read.is_random = map.is_random();
  return read;
}

void ConstantArguments::add(Command& command) {
  command_ = &command;
  const std::string defaults = "see `selfnorm ops OP`";
  command.add({.name = "--alpha",
               .target = &alpha,
               .help = "the activation's α",
               .default_text = defaults});
  command.add({.name = "--lambda",
               .target = &lambda,
               .help = "the activation's λ",
               .default_text = defaults});
  command.add({.name = "--scale",
               .target = &scale,
               .help = "SELU's s, which multiplies the input by √s",
               .default_text = defaults});
}

Settings ConstantArguments::given_settings() const {
  Settings settings;
  for (const Argument& argument : command_->arguments) {
    const auto* number = std::get_if<double*>(&argument.target);
    const bool is_ours =
        number != nullptr && (*number == &alpha || *number == &lambda || *number == &scale);
    if (is_ours && argument.is_given()) settings[argument.title().substr(2)] = **number;
  }
  return settings;
}

void ActivationArguments::add(Command& command) {
  command.add({.name = "--activation",
               .target = &name,
               .help = "activation (see `selfnorm ops`)",
               .value = "OP"});
  constants.add(command);
}

MomentRule ActivationArguments::read() const {
  const OpRow* row = find_op(name);
  const MomentRuleFactory* moments = row == nullptr ? nullptr : rule_of(row->moments);
  if (moments == nullptr) {
    std::vector<std::string> names;
    for (const OpRow& op : op_table()) {
      if (rule_of(op.moments) != nullptr) names.emplace_back(*op.name);
    }
    throw Error(ErrorKind::config,
                fmt::format("--activation: '{}' {}", name,
                            row == nullptr ? "is not an op" + suggestion(name, names)
                                           : "is not an elementwise activation"));
  }
  return (*moments)(row->attributes->complete(constants.given_settings(), "--activation " + name));
}

void SeluArguments::add(Command& command) {
  command.add({.name = "--alpha", .target = &constants.alpha, .help = "SELU's α"});
  command.add({.name = "--lambda", .target = &constants.lambda, .help = "SELU's λ"});
  add_scale(command, constants.scale);
}

SeluConstants SeluArguments::read() const {
  require(constants.alpha >= 0 && std::isfinite(constants.alpha), "--alpha",
          "a number of at least 0", constants.alpha);
  require_positive("--lambda", constants.lambda);
  require_positive("--scale", constants.scale);
  return constants;
}

}  // namespace selfnorm::cli
