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

void MapArgument::add(CLI::App& command) {
  command
      .add_option(
          "--map", name,
          "paper: weights given, z ~ N(μω, ντ); random_weights: drawn, z ~ N(μω, (ν + μ²)τ)")
      ->check(CLI::IsMember({"paper", "random_weights"}))
      ->capture_default_str();
}

bool MapArgument::random() const { return name == "random_weights"; }

void WeightArguments::add(CLI::App& command) {
  command.add_option("--weight-mean", weights.omega, "ω, the sum of a unit's weights")
      ->capture_default_str();
  command.add_option("--weight-variance", weights.tau, "τ, the sum of their squares")
      ->capture_default_str();
  map.add(command);
}

LayerWeights WeightArguments::read() const {
  require(std::isfinite(weights.omega), "--weight-mean", "a number", weights.omega);
  require_positive("--weight-variance", weights.tau);
  LayerWeights read = weights;
  read.random = map.random();
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
    throw Error(ErrorKind::config, fmt::format("--activation: '{}' {}", name,
                                               row == nullptr ? "is none" + suggestion(name, names)
                                                              : "is no function of one number"));
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
  require(constants.alpha >= 0 && std::isfinite(constants.alpha), "--alpha", "a number from 0 on",
          constants.alpha);
  require_positive("--lambda", constants.lambda);
  require_positive("--scale", constants.scale);
  return constants;
}

}  // namespace selfnorm::cli
