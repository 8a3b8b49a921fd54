// SPDX-License-Identifier: Apache-2.0
// Options as command-line flags.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "config/option.h"
#include "selfnorm/dataset.h"

namespace selfnorm::cli {

/// Adds a flag for every option, `--learning-rate` for optimizer.learning_rate where no other
/// option ends so, else `--schedule-minimum`; data.source is also `--data`, as everywhere. Flags
/// given on the command line are kept until `apply`, so that they win over a file that is read in
/// between.
class OptionFlags {
 public:
  void add(Command& command, const Options& options, const std::string& group);

  /// What was given, read as the options of the same names are.
  Settings given(const Options& options) const;

  /// Sets those options to it.
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

/// `--input NAME=FILE` or `NAME=COLUMN,COLUMN`, once for each named input.
void add_input_flag(Command& command, std::vector<std::string>& texts);

/// `--data-dir DIR`.
void add_data_dir(Command& command, std::string& folder);

/// What such flags say. Error(config) on one without a name or a value.
InputSources parse_inputs(const std::vector<std::string>& texts);

/// "--batch-size".
std::string flag_name(const std::string& option);

}  // namespace selfnorm::cli
