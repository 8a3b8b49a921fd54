#include "selfnorm/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

using Json = nlohmann::ordered_json;

struct DoctorArguments {
  std::string network;
  std::string data, target, data_dir;
  ExaminationOptions options;
  bool measure = false;
  bool json = false;
};

// A model file is looked at as the network in it, with fresh weights.
RunConfig read_network(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    const RunFolder folder(path);
    if (std::filesystem::exists(folder.config())) return read_run_config(folder.config());
    throw Error(ErrorKind::config, fmt::format("{}: is no run folder: there is no {}",
                                               path.string(), folder.config().filename().string()));
  }
  if (path.extension() != ".safetensors") return read_run_config(path);
  RunConfig config;
  config.network = Model::load(path.string()).network();
  return config;
}

RunConfig read_config(const DoctorArguments& arguments) {
  RunConfig config = read_network(arguments.network);
  if (!arguments.data.empty()) {
    const bool standardize = config.data.standardize;
    config.data = {};
    config.data.source = arguments.data;
    config.data.target = arguments.target;
    config.data.standardize = standardize;
  }
  if (!arguments.data_dir.empty()) config.data.data_dir = arguments.data_dir;
  const bool has_data = !config.data.source.empty() || !config.data.inputs.empty();
  if (!has_data && config.network.layers.empty()) {
    throw Error(ErrorKind::config, arguments.network +
                                       ": describes no network: expected layers in [model], or "
                                       "data from which the default network follows");
  }
  return config;
}

Json moments_json(const SignalMoments& moments) {
  return {{"mean", moments.mean},
          {"variance", moments.variance},
          {"unit_mean_deviation", moments.unit_mean_deviation},
          {"gradient_second_moment", moments.gradient_second_moment}};
}

void print_json(const Examination& examination) {
  auto layers = Json::array();
  for (const LayerExamination& layer : examination.layers) {
    Json json{{"name", layer.name}, {"op", layer.op}};
    json.update(moments_json(layer.predicted));
    if (layer.measured) {
      json["measured"] = moments_json(*layer.measured);
      json["measured"]["standard_error"] = moments_json(*layer.standard_error);
      json["missed"] = layer.missed;
    }
    layers.push_back(json);
  }
  fmt::print(
      "{}\n",
      Json{{"input", examination.input}, {"samples", examination.samples}, {"layers", layers}}.dump(
          2));
}

std::string number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

void print_table(const Examination& examination, bool measured) {
  fmt::print("{} samples of {}; predicted{}\n\n", examination.samples, examination.input,
             measured ? " | measured" : "");
  std::vector<std::vector<std::string>> rows = {{"layer", "op"}};
  for (const char* name : {"mean", "variance", "unit means", "gradient²"}) {
    rows[0].emplace_back(name);
    if (measured) rows[0].emplace_back("measured");
  }
  if (measured) rows[0].emplace_back("");
  for (const LayerExamination& layer : examination.layers) {
    auto& row = rows.emplace_back(std::vector<std::string>{layer.name, layer.op});
    for (const auto member :
         {&SignalMoments::mean, &SignalMoments::variance, &SignalMoments::unit_mean_deviation,
          &SignalMoments::gradient_second_moment}) {
      row.push_back(number(layer.predicted.*member));
      if (measured) row.push_back(number((*layer.measured).*member));
    }
    if (measured) row.emplace_back(layer.missed ? "missed" : "");
  }
  fmt::print("{}", table(rows));
}

void run_doctor(DoctorArguments arguments) {
  if (!arguments.measure) arguments.options.draws = 0;
  const Examination examination = examine(read_config(arguments), arguments.options);
  if (arguments.json) print_json(examination);
  else print_table(examination, arguments.measure);
  const auto lost = std::ranges::find_if(examination.layers, [](const LayerExamination& layer) {
    return !std::isfinite(layer.predicted.variance) ||
           (layer.measured && !std::isfinite(layer.measured->variance));
  });
  if (lost == examination.layers.end()) return;
  throw Error(
      ErrorKind::numeric,
      fmt::format("layer '{}' ({}): the signal left the range of numbers", lost->name, lost->op));
}

}  // namespace

void add_doctor(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "doctor",
      "Predict the moments of signals and gradients at every layer of a network with fresh "
      "weights.\n"
      "mean, variance: over samples, positions and units. unit means: deviation over the units of\n"
      "their means over the samples, what these have in common. gradient²: mean square of the\n"
      "gradient of N(0, 1) cotangents at the outputs. missed: the prediction of mean, variance or\n"
      "gradient² is off by more than promised and than three standard errors of the draws");
  const auto arguments = std::make_shared<DoctorArguments>();
  arguments->options.draws = 5;
  command->add_option("network", arguments->network, "a network file, a run folder or a model file")
      ->required();
  command->add_option("--data", arguments->data,
                      "rows to look at instead of the network file's; without either: N(0, 1)");
  command->add_option("--target", arguments->target, "the target's column in --data, left out");
  command->add_option("--data-dir", arguments->data_dir, "a folder of data sets");
  command->add_option("--samples", arguments->options.samples, "rows that are looked at")
      ->capture_default_str();
  auto* measure =
      command->add_flag("--measure", arguments->measure,
                        "run the network with fresh weights too, and print what comes beside");
  command->add_option("--draws", arguments->options.draws, "of weights, with --measure")
      ->check(CLI::Range(2, 1000))
      ->needs(measure)
      ->capture_default_str();
  command->add_option("--seed", arguments->options.seed, "of rows, weights and masks")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "one JSON document");
  command->callback([arguments] { run_doctor(*arguments); });
}

}  // namespace selfnorm::cli
