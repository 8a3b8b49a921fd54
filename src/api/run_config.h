#pragma once

#include <filesystem>
#include <string>

#include "config/option.h"
#include "selfnorm/dataset.h"
#include "selfnorm/network.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// The network that is built when none is described: SELU layers with alpha dropout between the
/// inputs and as many outputs as the targets need.
struct DefaultNetworkOptions {
  std::vector<std::int64_t> hidden = {256, 128};
  double dropout_rate = 0.05;
};

/// Everything that a training depends on: what a network file holds and config.toml repeats.
struct RunConfig {
  DataOptions data;
  Network network;  ///< without layers: the default network
  DefaultNetworkOptions default_network;
  TrainOptions train;
};

/// The options of each table, for network files, flags and documentation.
Options data_table(RunConfig& config);
Options model_table(RunConfig& config);  ///< of the default network
Options train_table(RunConfig& config);

/// The attributes of all losses, for flags and documentation: what is given goes into
/// train.loss_attributes, which the loss chosen checks.
Options loss_table();

/// Throws Error(config) when the network has layers, beside which an option of the default network
/// would say nothing.
void refuse_beside_layers(const RunConfig& config, const std::string& option,
                          const std::string& where);

/// Reads a network file. Throws Error(config) naming file and line or table.
RunConfig read_run_config(const std::filesystem::path& path);
RunConfig parse_run_config(const std::string& text, const std::string& where);

/// The configuration as a network file that reproduces the run.
std::string to_toml(const RunConfig& config);

/// Fills in what only the data tell: input shapes, the default network. `outputs` is what the
/// targets need.
void complete_network(RunConfig& config, const Dataset& data, std::int64_t outputs);

}  // namespace selfnorm
