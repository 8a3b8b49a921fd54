#include "selfnorm/propagate.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace selfnorm::cli {
namespace {

struct PropagateArguments {
  PropagationRequest request;
  double alpha = 0, lambda = 0, scale = 0;
  std::string shape;
  bool json = false;
};

void print_json(const std::vector<PropagatedLayer>& layers) {
  auto list = nlohmann::ordered_json::array();
  for (const PropagatedLayer& layer : layers) {
    list.push_back({{"layer", layer.layer},
                    {"mean_min", layer.mean_min},
                    {"mean_max", layer.mean_max},
                    {"std_min", layer.std_min},
                    {"std_max", layer.std_max},
                    {"mean", layer.mean},
                    {"std", layer.std},
                    {"predicted_mean", layer.predicted_mean},
                    {"predicted_std", layer.predicted_std}});
  }
  fmt::print("{}\n", nlohmann::ordered_json{{"layers", list}}.dump(2));
}

// The first layers, then ever fewer, and the last.
bool is_shown(std::int64_t layer, std::int64_t layers) {
  return layer == layers || (layer & (layer - 1)) == 0;
}

void print_table(const std::vector<PropagatedLayer>& layers) {
  std::vector<std::vector<std::string>> rows = {{"layer", "mean min", "max", "mean", "predicted",
                                                 "deviation min", "max", "mean", "predicted"}};
  for (const PropagatedLayer& l : layers) {
    if (!is_shown(l.layer, static_cast<std::int64_t>(layers.size()))) continue;
    auto& row = rows.emplace_back();
    row.push_back(std::to_string(l.layer));
    for (const double value : {l.mean_min, l.mean_max, l.mean, l.predicted_mean, l.std_min,
                               l.std_max, l.std, l.predicted_std}) {
      row.push_back(fmt::format("{:.4g}", value));
    }
  }
  fmt::print("{}", table(rows));
}

void run_propagate(const PropagateArguments& arguments) {
  const std::vector<PropagatedLayer> layers = propagate(arguments.request);
  if (arguments.json) print_json(layers);
  else print_table(layers);
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
  command
      ->add_option("--dropout", request.dropout,
                   "none, plain, alpha, notebook (the published NumPy one, which corrects twice), "
                   "or one of `selfnorm ops`")
      ->capture_default_str();
  command->add_option("--rate", request.rate, "share of the elements dropped")
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
  command->add_flag("--json", arguments->json, "every layer, as one JSON document");
  command->callback([=] {
    Settings& attributes = arguments->request.activation_attributes;
    if (alpha->count() > 0) attributes["alpha"] = arguments->alpha;
    if (lambda->count() > 0) attributes["lambda"] = arguments->lambda;
    if (scale->count() > 0) attributes["scale"] = arguments->scale;
    if (shape->count() > 0) attributes["shape"] = arguments->shape;
    run_propagate(*arguments);
  });
}

}  // namespace selfnorm::cli
