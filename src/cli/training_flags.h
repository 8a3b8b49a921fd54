// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/flags.h"
#include "selfnorm/run.h"

namespace selfnorm::cli {

/// Sets the given options of the data. `--time` with a duration, such as 60s, sets the time of the
/// training.
void apply_data_flags(const OptionFlags& data, RunConfig& config);

/// Sets the given options of the training and of its loss, and lists them in `config.given`.
void apply_training_flags(const OptionFlags& train, const OptionFlags& loss, RunConfig& config);

/// The arguments that describe a run: a network file or data, and options.
struct RunArguments {
  std::string network;
  std::vector<std::string> inputs;
  OptionFlags data, model, train, loss;

  /// Adds the positional argument. `source` says what it may name instead of a network file.
  void add_network(Command& command, const std::string& source);
  /// Adds the flags, in groups.
  void add_flags(Command& command);
  /// Returns the configuration of the network file or of the default network.
  RunConfig read_network() const;
  /// Sets the given options. Throws Error(config) if there are no data then.
  void apply(RunConfig& config) const;
  /// Returns whether a flag changes what the network file says.
  bool has_flags() const;
};

/// Returns a new folder under runs/ for a run with these data, such as runs/table or runs/table-2.
/// `suffix` comes after the name of the data.
std::filesystem::path default_run_folder(const RunConfig& config, const std::string& suffix = "");

}  // namespace selfnorm::cli
