// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/flags.h"
#include "cli/standard_input.h"
#include "cli/terminal.h"
#include "data/data_options.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"
#include "selfnorm/run.h"

namespace selfnorm::cli {

/// Arguments of `evaluate` and `predict`.
struct InferenceArguments {
  std::string model;
  DataOptions data;
  std::vector<std::string> inputs;
  std::string split;
  std::string inference;
  bool no_verify = false;
  bool json = false;
  OptionFlags reading;
};

/// Returns the data options that say how a table is read.
inline Options table_reading_options(DataOptions& data) {
  Options table = options(data);
  std::erase_if(table, [](const Option& option) {
    const auto& name = option.name;
    return name != "header" && name != "delimiter" && name != "text" && name != "skip_bad";
  });
  return table;
}

inline void add_inference_arguments(Command& command, InferenceArguments& arguments) {
  command.add({.name = "run_or_model",
               .target = &arguments.model,
               .help = "run folder or model file",
               .value = "FILE",
               .is_required = true});
  command.add({.name = "--data",
               .target = &arguments.data.source,
               .help = "data to use instead of the run's own: a known data set, a file, or - for "
                       "standard input",
               .value = "SOURCE"});
  command.add({.name = "--target",
               .target = &arguments.data.target,
               .help = "target column of --data",
               .value = "COLUMN",
               .default_text = "as in training"});
  add_input_flag(command, arguments.inputs);
  command.add({.name = "--split",
               .target = &arguments.split,
               .help = "rows to use",
               .value = "train|validation|test|all",
               .default_text = "the test set; without one, evaluate: validation, predict: all"});
  command.add({.name = "--inference",
               .target = &arguments.inference,
               .help = "what alpha dropout computes",
               .value = "expectation|identity",
               .default_text = "as the model file says"});
  command.add_switch("--no-verify", arguments.no_verify,
                     "do not compare the model with its checksums");
  DataOptions defaults;
  arguments.reading.add(command, table_reading_options(defaults), "Tables (auto: as in training)");
  add_data_dir(command, arguments.data.data_dir);
  command.add_switch("--json", arguments.json, "print one JSON document");
}

/// The model and the rows named by the arguments.
inline ModelAndRows open_model(const InferenceArguments& arguments, bool needs_targets) {
  DataOptions data = arguments.data;
  data.inputs = parse_inputs(arguments.inputs);
  arguments.reading.apply(table_reading_options(data));
  std::optional<StandardInput> input;
  if (data.source == "-") data.source = input.emplace().path();
  ModelAndRows opened = [&] {
    try {
      return selfnorm::open_model(arguments.model, data, arguments.split, needs_targets,
                                  arguments.no_verify ? Checksums::ignore : Checksums::verify);
    } catch (const Error& error) {
      if (!input) throw;
      throw Error(error.kind(), input->replace_file_name(error.detail()));
    }
  }();
  if (!arguments.inference.empty()) {
    const bool was_refitted = opened.model.has_refitted_outputs();
    opened.model = opened.model.with_dropout_inference(arguments.inference);
    if (was_refitted && !opened.model.has_refitted_outputs()) {
      print_progress(
          "outputs are as trained, without the line that was fitted to those of the "
          "model's own inference\n");
    }
  }
  if (input) opened.data.name = input->replace_file_name(opened.data.name);
  const Dataset& rows = opened.data;
  for (const std::string& each : rows.notes) note(each);
  if (rows.skipped + rows.unlabeled > 0) {
    print_progress(fmt::format("{}: left out {} unreadable rows and {} rows without a label\n",
                               rows.name, rows.skipped, rows.unlabeled));
  }
  return opened;
}

}  // namespace selfnorm::cli
