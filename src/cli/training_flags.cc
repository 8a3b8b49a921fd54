// SPDX-License-Identifier: Apache-2.0
#include "cli/training_flags.h"

#include <fmt/format.h>

#include "api/run_config.h"
#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {

void apply_data_flags(const OptionFlags& data, RunConfig& config) {
  const std::string time_column = config.data.time;
  data.apply(data_table(config));
  const auto seconds = parse_duration(config.data.time);
  if (!seconds.has_value() || config.data.time == time_column) return;
  config.data.time = time_column;
  config.seconds = *seconds;
}

void apply_training_flags(const OptionFlags& train, const OptionFlags& loss, RunConfig& config) {
  for (const auto& setting : train.given_settings(train_table(config)))
    config.given.push_back(setting.first);
  train.apply(train_table(config));
  for (const auto& [option, value] : loss.given_settings(loss_table()))
    config.train.loss_attributes[option] = value;
}

void RunArguments::add_network(Command& command, const std::string& source) {
  command.add({.name = "network",
               .target = &network,
               .help = "network file (.toml), or " + source,
               .value = "FILE"});
}

void RunArguments::add_flags(Command& command) {
  add_input_flag(command, inputs);
  RunConfig defaults;
  defaults.preset = "auto";
  data.add(command, data_table(defaults), "Data");
  model.add(command, model_table(defaults), "Default network");
  train.add(command, train_table(defaults), "Training");
  loss.add(command, loss_table(), "Loss");
}

RunConfig RunArguments::read_network() const {
  if (network.ends_with(".toml")) return read_run_config(network);
  RunConfig config;
  config.data.source = network;
  config.preset = "auto";
  return config;
}

void RunArguments::apply(RunConfig& config) const {
  apply_data_flags(data, config);
  if (!inputs.empty()) config.data.inputs = parse_inputs(inputs);
  for (const auto& [option, value] : model.given_settings(model_table(config))) {
    reject_option_with_layers(config, option, flag_name(option));
    config.given.push_back(option);
  }
  model.apply(model_table(config));
  apply_training_flags(train, loss, config);
  if (config.data.source.empty() && config.data.inputs.empty()) {
    throw Error(ErrorKind::config,
                "expected a network file, or --data with a file or a data set of `selfnorm data "
                "list` (selfnorm train --data table.csv --target y)");
  }
}

bool RunArguments::has_flags() const {
  RunConfig defaults;
  return !inputs.empty() || !data.given_settings(data_table(defaults)).empty() ||
         !model.given_settings(model_table(defaults)).empty() ||
         !train.given_settings(train_table(defaults)).empty() ||
         !loss.given_settings(loss_table()).empty();
}

std::filesystem::path default_run_folder(const RunConfig& config, const std::string& suffix) {
  namespace fs = std::filesystem;
  std::string source = config.data.source;
  if (source.empty()) source = config.data.inputs.begin()->first;
  if (source == "-") source = "standard-input";
  fs::path path = fs::absolute(source).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // a folder with a trailing slash
  const std::string name = path.stem().string() + suffix;
  fs::path out = fs::path("runs") / name;
  for (int i = 2; fs::exists(out); ++i) out = fs::path("runs") / fmt::format("{}-{}", name, i);
  return out;
}

}  // namespace selfnorm::cli
