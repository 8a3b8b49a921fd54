// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/propagate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/terminal.h"
#include "cli/theory_arguments.h"
#include "data/gather.h"
#include "data/standardizer.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

struct PropagateArguments {
  PropagationOptions options;
  ConstantArguments constants;
  std::string shape, data, data_dir;
  bool json = false;
};

void print_json(const std::vector<PropagatedLayer>& layers, bool gradients) {
  auto list = nlohmann::ordered_json::array();
  for (const PropagatedLayer& layer : layers) {
    auto& json = list.emplace_back(nlohmann::ordered_json{{"layer", layer.layer},
                                                          {"mean_min", layer.mean_min},
                                                          {"mean_max", layer.mean_max},
                                                          {"std_min", layer.std_min},
                                                          {"std_max", layer.std_max},
                                                          {"mean", layer.mean},
                                                          {"std", layer.std},
                                                          {"std_spread", layer.std_spread},
                                                          {"predicted_mean", layer.predicted_mean},
                                                          {"predicted_std", layer.predicted_std}});
    if (!gradients) continue;
    json["gradient_second_moment"] = layer.gradient_second_moment;
    json["predicted_gradient_second_moment"] = layer.predicted_gradient_second_moment;
  }
  print("{}\n", nlohmann::ordered_json{{"layers", list}}.dump(2));
}

// Selects the first layers, then ever fewer, and the last one.
bool is_shown(std::int64_t layer, std::int64_t layers) {
  return layer == layers || (layer & (layer - 1)) == 0;
}

void print_table(const std::vector<PropagatedLayer>& layers, bool gradients) {
  std::vector<std::vector<std::string>> rows = {
      {"layer", "mean min", "max", "mean", "predicted", "std dev min", "max", "mean", "predicted"}};
  if (gradients) rows[0].insert(rows[0].end(), {"gradient²", "predicted"});
  for (const PropagatedLayer& l : layers) {
    if (!is_shown(l.layer, static_cast<std::int64_t>(layers.size()))) continue;
    auto& row = rows.emplace_back();
    row.push_back(std::to_string(l.layer));
    for (const double value : {l.mean_min, l.mean_max, l.mean, l.predicted_mean, l.std_min,
                               l.std_max, l.std, l.predicted_std}) {
      row.push_back(number(value));
    }
    if (!gradients) continue;
    row.push_back(number(l.gradient_second_moment));
    row.push_back(number(l.predicted_gradient_second_moment));
  }
  print("{}", table(rows));
}

// Returns the first rows of a data set, standardized on all of its training rows.
void read_input(const std::string& source, const std::string& data_dir,
                PropagationOptions& options) {
  DataOptions data_options;
  data_options.source = source;
  data_options.data_dir = data_dir;
  data_options.read_targets = false;
  const Dataset data = load_data(data_options).train;
  if (options.batch > data.rows) {
    throw Error(ErrorKind::config, fmt::format("--batch: {} has only {} rows, got a batch of {}",
                                               source, data.rows, options.batch));
  }
  const Field& field = data.inputs.front();
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.rows));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  const Standardizer standardizer = fit_standardizer(field, rows);
  rows.resize(static_cast<std::size_t>(options.batch));
  options.input.resize(rows.size() * static_cast<std::size_t>(elements(field.sample_shape)));
  gather_batch(field, &standardizer, rows, options.input.data());
}

void run_propagate(PropagateArguments arguments) {
  if (!arguments.data.empty()) read_input(arguments.data, arguments.data_dir, arguments.options);
  const std::vector<PropagatedLayer> layers = propagate(arguments.options);
  if (arguments.json) print_json(layers, arguments.options.gradients);
  else print_table(layers, arguments.options.gradients);
  const auto overflowed = std::ranges::find_if(
      layers, [](const PropagatedLayer& layer) { return !std::isfinite(layer.std); });
  if (overflowed == layers.end()) return;
  throw Error(
      ErrorKind::numeric,
      fmt::format("layer {}: the signal exceeds the range of 32-bit floats", overflowed->layer));
}

}  // namespace

void add_propagate(Command& program) {
  Command& command = program.add_command(
      "propagate",
      "Propagate N(0, 1) inputs through many layers and print the measured and predicted moments");
  const auto arguments = std::make_shared<PropagateArguments>();
  PropagationOptions& options = arguments->options;
  command.add({.name = "--layers", .target = &options.layers, .help = "number of layers"});
  command.add({.name = "--width", .target = &options.width, .help = "units per layer"});
  command.add({.name = "--batch", .target = &options.batch, .help = "number of rows"});
  command.add({.name = "--activation",
               .target = &options.activation,
               .help = "activation (see `selfnorm ops`)",
               .value = "OP"});
  const Argument& dropout =
      command.add({.name = "--dropout",
                   .target = &options.dropout,
                   .help = "none, plain, alpha, notebook (the published NumPy alpha dropout, which "
                           "also divides by the keep probability), or a dropout of `selfnorm ops`",
                   .value = "NAME"});
  const Argument& rate = command.add(
      {.name = "--rate", .target = &options.rate, .help = "fraction of the elements to drop"});
  command.add({.name = "--init",
               .target = &options.init,
               .help = "initializer; for normal and uniform, the variance is 1/fan-in",
               .value = "NAME"});
  command.add({.name = "--gain",
               .target = &options.gain,
               .help = "factor on the standard deviation of the weights"});
  command.add({.name = "--seed",
               .target = &options.seed,
               .help = "random seed of weights, inputs and masks"});
  arguments->constants.add(command);
  const Argument& shape =
      command.add({.name = "--shape",
                   .target = &arguments->shape,
                   .help = "depth: use the depth-tuned SELU for this number of layers",
                   .value = "depth"});
  command.add({.name = "--data",
               .target = &arguments->data,
               .help = "data set or file whose standardized rows are the inputs",
               .value = "SOURCE",
               .default_text = "N(0, 1)"});
  add_data_dir(command, arguments->data_dir);
  command.add_switch("--gradients", options.gradients,
                     "also propagate an N(0, 1) gradient backward and print its second moment");
  command.add_switch("--json", arguments->json, "print every layer as one JSON document");
  command.examples = {"selfnorm propagate --layers 100 --dropout alpha --rate 0.2 --gradients"};
  command.run = [arguments, &dropout, &rate, &shape] {
    if (rate.is_given() && !dropout.is_given()) {
      throw Error(ErrorKind::config, "--rate requires --dropout");
    }
    Settings& attributes = arguments->options.activation_attributes;
    attributes = arguments->constants.given_settings();
    if (shape.is_given()) attributes["shape"] = arguments->shape;
    run_propagate(*arguments);
    return 0;
  };
}

}  // namespace selfnorm::cli
