// SPDX-License-Identifier: Apache-2.0
// Command-line flags for options of the configuration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "config/option.h"
#include "selfnorm/dataset.h"

namespace selfnorm::cli {

/// Adds one flag per option. optimizer.learning_rate becomes `--learning-rate` if no other option
/// has the same last part, else the flag has the full name, as in `--schedule-minimum`. data.source
/// is also `--data`. The values are stored until `apply`, so that they override a configuration
/// file.
class OptionFlags {
 public:
  void add(Command& command, const Options& options, const std::string& group);

  /// Returns the given values, parsed like the options of the same names.
  Settings given_settings(const Options& options) const;

  /// Sets the given options of `table`.
  void apply(const Options& options) const;

 private:
  struct Flag {
    std::string option;
    std::string flag;
    std::unique_ptr<std::string> text;
    const Argument* argument;
  };
  template <class Use>
  void for_each_given(const Options& options, Use use) const;

  std::vector<Flag> flags_;
};

/// Adds `--input NAME=FILE` or `NAME=COLUMN,COLUMN`, which is given once per named input.
void add_input_flag(Command& command, std::vector<std::string>& texts);

/// Adds `--data-dir DIR`.
void add_data_dir(Command& command, std::string& folder);

/// Parses the values of `--input`. Throws Error(config) if a name or a value is missing.
InputSources parse_inputs(const std::vector<std::string>& texts);

/// Returns the flag of an option: "--batch-size".
std::string flag_name(const std::string& option);

}  // namespace selfnorm::cli
