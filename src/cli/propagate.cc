#include "selfnorm/propagate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "data/gather.h"
#include "data/standardizer.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

struct PropagateArguments {
  PropagationRequest request;
  double alpha = 0, lambda = 0, scale = 0;
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
  fmt::print("{}\n", nlohmann::ordered_json{{"layers", list}}.dump(2));
}

// The first layers, then ever fewer, and the last.
bool is_shown(std::int64_t layer, std::int64_t layers) {
  return layer == layers || (layer & (layer - 1)) == 0;
}

void print_table(const std::vector<PropagatedLayer>& layers, bool gradients) {
  std::vector<std::vector<std::string>> rows = {{"layer", "mean min", "max", "mean", "predicted",
                                                 "deviation min", "max", "mean", "predicted"}};
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
  fmt::print("{}", table(rows));
}

// The first rows of a data set, standardised on all of its training rows.
void read_input(const std::string& source, const std::string& data_dir,
                PropagationRequest& request) {
  DataOptions options;
  options.source = source;
  options.data_dir = data_dir;
  options.read_targets = false;
  const Dataset data = load_data(options).train;
  if (request.batch > data.rows) {
    throw Error(ErrorKind::config,
                fmt::format("--batch: {} has {} rows, got {}", source, data.rows, request.batch));
  }
  const Field& field = data.inputs.front();
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.rows));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  const Standardizer standardizer = fit(field, rows);
  rows.resize(static_cast<std::size_t>(request.batch));
  request.input.resize(rows.size() * static_cast<std::size_t>(elements(field.sample_shape)));
  gather_batch(field, &standardizer, rows, request.input.data());
}

void run_propagate(PropagateArguments arguments) {
  if (!arguments.data.empty()) read_input(arguments.data, arguments.data_dir, arguments.request);
  const std::vector<PropagatedLayer> layers = propagate(arguments.request);
  if (arguments.json) print_json(layers, arguments.request.gradients);
  else print_table(layers, arguments.request.gradients);
  const auto lost = std::ranges::find_if(
      layers, [](const PropagatedLayer& layer) { return !std::isfinite(layer.std); });
  if (lost == layers.end()) return;
  throw Error(ErrorKind::numeric,
              fmt::format("layer {}: the signal left the range of float32", lost->layer));
}

}  // namespace

void add_propagate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "propagate", "Send a unit normal signal through many layers, beside what theory predicts");
  const auto arguments = std::make_shared<PropagateArguments>();
  PropagationRequest& request = arguments->request;
  command->add_option("--layers", request.layers, "how many")->capture_default_str();
  command->add_option("--width", request.width, "units a layer")->capture_default_str();
  command->add_option("--batch", request.batch, "rows")->capture_default_str();
  command->add_option("--activation", request.activation, "one of `selfnorm ops`")
      ->capture_default_str();
  const auto* dropout =
      command
          ->add_option(
              "--dropout", request.dropout,
              "none, plain, alpha, notebook (the published NumPy one, which corrects twice), "
              "or one of `selfnorm ops`")
          ->capture_default_str();
  const auto* rate = command->add_option("--rate", request.rate, "share of the elements dropped")
                         ->capture_default_str();
  command
      ->add_option("--init", request.init,
                   "an initialiser; normal and uniform have variance 1/width")
      ->capture_default_str();
  command->add_option("--gain", request.gain, "multiplies the weights' deviation")
      ->capture_default_str();
  command->add_option("--seed", request.seed, "of weights, input and masks")->capture_default_str();
  const auto* alpha = command->add_option("--alpha", arguments->alpha, "the activation's α");
  const auto* lambda = command->add_option("--lambda", arguments->lambda, "the activation's λ");
  const auto* scale = command->add_option("--scale", arguments->scale, "SELU's s");
  const auto* shape =
      command->add_option("--shape", arguments->shape, "depth: the SELU made for so many layers");
  command->add_option("--data", arguments->data,
                      "rows that go in, standardised, instead of N(0, 1): a data set or a file");
  command->add_option("--data-dir", arguments->data_dir, "a folder of data sets");
  command->add_flag("--gradients", request.gradients,
                    "send an N(0, 1) gradient back too, and tell its second moment");
  command->add_flag("--json", arguments->json, "every layer, as one JSON document");
  command->callback([=] {
    if (rate->count() > 0 && dropout->count() == 0) {
      throw Error(ErrorKind::config, "--rate: expected --dropout beside it: there is none to drop");
    }
    Settings& attributes = arguments->request.activation_attributes;
    if (alpha->count() > 0) attributes["alpha"] = arguments->alpha;
    if (lambda->count() > 0) attributes["lambda"] = arguments->lambda;
    if (scale->count() > 0) attributes["scale"] = arguments->scale;
    if (shape->count() > 0) attributes["shape"] = arguments->shape;
    run_propagate(*arguments);
  });
}

}  // namespace selfnorm::cli
