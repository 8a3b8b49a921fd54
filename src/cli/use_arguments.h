#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/flags.h"
#include "cli/standard_input.h"
#include "data/load.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"
#include "selfnorm/run.h"

namespace selfnorm::cli {

/// What `evaluate` and `predict` take.
struct UseArguments {
  std::string model;
  DataOptions data;
  std::vector<std::string> inputs;
  std::string split;
  bool json = false;
  OptionFlags reading;
};

/// How a table is read: of the data's options those that hold for any table.
inline Options reading_table(DataOptions& data) {
  Options table = options(data);
  std::erase_if(table, [](const Option& option) {
    const auto& name = option.name;
    return name != "header" && name != "delimiter" && name != "text" && name != "skip_bad";
  });
  return table;
}

inline void add_use_arguments(CLI::App& command, UseArguments& arguments) {
  command.add_option("run_or_model", arguments.model, "a run folder or a model file")->required();
  command.add_option("--data", arguments.data.source,
                     "other data than those of the run: a known data set, a file, or - for "
                     "standard input");
  command.add_option("--target", arguments.data.target,
                     "the target's column in --data [as in training]");
  add_input_flag(command, arguments.inputs);
  command.add_option("--split", arguments.split,
                     "which rows: train, validation, test or all [test where there is one]");
  DataOptions defaults;
  arguments.reading.add(command, reading_table(defaults), "Tables (auto: as in training)");
  command.add_option("--data-dir", arguments.data.data_dir, "a folder of data sets");
  command.add_flag("--json", arguments.json, "one JSON document");
}

/// The model and the rows that these arguments name.
inline ModelAndRows open_model(const UseArguments& arguments, bool needs_targets) {
  DataOptions data = arguments.data;
  data.inputs = parse_inputs(arguments.inputs);
  arguments.reading.apply(reading_table(data));
  std::optional<StandardInput> input;
  if (data.source == "-") data.source = input.emplace().path();
  ModelAndRows use = [&] {
    try {
      return selfnorm::open_model(arguments.model, data, arguments.split, needs_targets);
    } catch (const Error& error) {
      if (!input) throw;
      throw Error(error.kind(), input->renamed(error.detail()));
    }
  }();
  if (input) use.data.name = input->renamed(use.data.name);
  const Dataset& rows = use.data;
  if (rows.skipped + rows.unlabeled > 0) {
    fmt::print(stderr, "left out of {}: {} bad rows, {} without a label\n", rows.name, rows.skipped,
               rows.unlabeled);
  }
  return use;
}

}  // namespace selfnorm::cli
