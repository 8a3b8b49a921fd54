#include "cli/theory_arguments.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {

void WeightArguments::add(CLI::App& command) {
  command.add_option("--weight-mean", weights.omega, "ω, the sum of a unit's weights")
      ->capture_default_str();
  command.add_option("--weight-variance", weights.tau, "τ, the sum of their squares")
      ->capture_default_str();
  command
      .add_option(
          "--map", map,
          "paper: weights given, z ~ N(μω, ντ); random_weights: drawn, z ~ N(μω, (ν + μ²)τ)")
      ->check(CLI::IsMember({"paper", "random_weights"}))
      ->capture_default_str();
}

LayerWeights WeightArguments::read() const {
  if (!std::isfinite(weights.omega)) {
    throw Error(ErrorKind::config,
                fmt::format("--weight-mean: expected a number, got {}", weights.omega));
  }
  if (!(weights.tau > 0) || !std::isfinite(weights.tau)) {
    throw Error(ErrorKind::config,
                fmt::format("--weight-variance: expected a number above 0, got {}", weights.tau));
  }
  LayerWeights read = weights;
  read.random = map == "random_weights";
  return read;
}

void ActivationArguments::add(CLI::App& command) {
  command_ = &command;
  command.add_option("--activation", name, "an activation of `selfnorm ops`")
      ->capture_default_str();
  command.add_option("--alpha", alpha, "its α [as in `selfnorm ops NAME`]");
  command.add_option("--lambda", lambda, "its λ");
  command.add_option("--scale", scale, "s: its input is multiplied by √s");
}

MomentRule ActivationArguments::read() const {
  const OpRow* row = find_op(name);
  const MomentColumn* moments = row == nullptr ? nullptr : rule_of(row->moments);
  if (moments == nullptr) {
    std::vector<std::string> names;
    for (const OpRow& op : op_table()) {
      if (rule_of(op.moments) != nullptr) names.emplace_back(*op.name);
    }
    throw Error(ErrorKind::config,
                fmt::format("--activation: '{}' is none{}", name, suggestion(name, names)));
  }
  Settings given;
  if (command_->count("--alpha") > 0) given["alpha"] = alpha;
  if (command_->count("--lambda") > 0) given["lambda"] = lambda;
  if (command_->count("--scale") > 0) given["scale"] = scale;
  return (*moments)(row->attributes->complete(given, "--activation " + name));
}

void SeluArguments::add(CLI::App& command) {
  command.add_option("--alpha", constants.alpha, "α")->capture_default_str();
  command.add_option("--lambda", constants.lambda, "λ")->capture_default_str();
  command.add_option("--scale", constants.scale, "s: the input is multiplied by √s")
      ->capture_default_str();
}

SeluConstants SeluArguments::read() const {
  for (const auto& [flag, value] : {std::pair("--alpha", constants.alpha),
                                    {"--lambda", constants.lambda},
                                    {"--scale", constants.scale}}) {
    if (value > 0 && std::isfinite(value)) continue;
    throw Error(ErrorKind::config,
                fmt::format("{}: expected a number above 0, got {}", flag, value));
  }
  return constants;
}

}  // namespace selfnorm::cli
