#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "selfnorm/dataset.h"

namespace selfnorm::cli {

/// What `evaluate` and `predict` take.
struct UseArguments {
  std::string model;
  DataOptions data;
  std::string split;
  bool json = false;
};

inline void add_use_arguments(CLI::App& command, UseArguments& arguments) {
  command.add_option("run_or_model", arguments.model, "a run folder or a model file")->required();
  command.add_option("--data", arguments.data.source,
                     "other data than those of the run: a known data set or a file");
  command.add_option("--target", arguments.data.target,
                     "the target's column in --data [as in training]");
  command.add_option("--split", arguments.split,
                     "which rows: train, validation, test or all [test where there is one]");
  command.add_option("--data-dir", arguments.data.data_dir, "a folder of data sets");
  command.add_flag("--json", arguments.json, "one JSON document");
}

}  // namespace selfnorm::cli
