#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/theory_arguments.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

using Json = nlohmann::ordered_json;

// Numbers by name: one JSON document, or two aligned columns.
void print_numbers(const Json& numbers, bool json) {
  if (json) {
    fmt::print("{}\n", numbers.dump(2));
    return;
  }
  for (const auto& [name, value] : numbers.items()) {
    fmt::print("{:24}{:.17g}\n", name, value.get<double>());
  }
}

void require_moments(const Moments& moments) {
  require(std::isfinite(moments.mean), "--mean", "a number", moments.mean);
  require_positive("--variance", moments.variance);
}

void require_rate(const char* flag, double rate) {
  require(rate >= 0 && rate < 1, flag, "a number in [0, 1)", rate);
}

void add_moments(CLI::App& command, Moments& moments) {
  command.add_option("--mean", moments.mean, "mean μ of the signal")->capture_default_str();
  command.add_option("--variance", moments.variance, "variance ν of the signal")
      ->capture_default_str();
}

// ---- constants --------------------------------------------------------------------------------

struct ConstantsArguments {
  Moments target;
  WeightArguments weights;
  double scale = 1;
  bool json = false;
};

void run_constants(const ConstantsArguments& arguments) {
  require_moments(arguments.target);
  const LayerWeights weights = arguments.weights.read();
  const SeluConstants constants = selu_constants(arguments.target, weights, arguments.scale);
  const LayerMap map = layer_map([&](const Gaussian& z) { return selu_moments(z, constants); },
                                 arguments.target, weights);
  print_numbers({{"alpha", constants.alpha},
                 {"lambda", constants.lambda},
                 {"scale", constants.scale},
                 {"contraction", map.spectral_radius()},
                 {"largest_singular_value", map.largest_singular_value()},
                 {"gradient_growth", map.gradient_growth}},
                arguments.json);
  if (map.spectral_radius() >= 1) {
    note("this fixed point repels: its contraction is not below 1, and no signal settles there");
  }
}

void add_constants(CLI::App& theory) {
  CLI::App* command =
      theory.add_subcommand("constants", "α and λ of a SELU with a given fixed point");
  const auto arguments = std::make_shared<ConstantsArguments>();
  add_moments(*command, arguments->target);
  arguments->weights.add(*command);
  command->add_option("--scale", arguments->scale, "s: the input is multiplied by √s")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "one JSON document");
  command->callback([arguments] { run_constants(*arguments); });
}

// ---- fixed points -----------------------------------------------------------------------------

constexpr double kNeutral = 1e-9;  ///< a contraction this near to 1 is 1

struct FixedPointsArguments {
  ActivationArguments activation;
  WeightArguments weights;
  bool json = false;
};

Json point_json(const FixedPoint& point) {
  Json json{{"mean", point.at.mean},
            {"variance", point.at.variance},
            {"attracts", point.attracts},
            {"contraction", point.map.spectral_radius()},
            {"largest_singular_value", point.map.largest_singular_value()},
            {"gradient_growth", point.map.gradient_growth}};
  json["basin"] = nullptr;
  if (point.attracts) {
    json["basin"] = {{"mean", {point.least_mean, point.greatest_mean}},
                     {"variance", {point.least_variance, point.greatest_variance}}};
  }
  return json;
}

void run_fixed_points(const FixedPointsArguments& arguments) {
  const auto points = fixed_points(arguments.activation.read(), arguments.weights.read());
  if (arguments.json) {
    auto list = Json::array();
    for (const FixedPoint& point : points) list.push_back(point_json(point));
    fmt::print("{}\n", Json{{"fixed_points", list}}.dump(2));
    return;
  }
  if (points.empty()) {
    fmt::print("no fixed point with a variance between 1e-8 and 1e8\n");
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"mean", "variance", "attracts", "contraction",
                                                 "gradient growth", "from means", "variances"}};
  for (const FixedPoint& point : points) {
    const auto interval = [&](double low, double high) {
      return point.attracts ? fmt::format("[{:.4g}, {:.4g}]", low, high) : std::string("-");
    };
    rows.push_back({fmt::format("{:.12g}", point.at.mean),
                    fmt::format("{:.12g}", point.at.variance), point.attracts ? "yes" : "no",
                    fmt::format("{:.7f}", point.map.spectral_radius()),
                    fmt::format("{:.7f}", point.map.gradient_growth),
                    interval(point.least_mean, point.greatest_mean),
                    interval(point.least_variance, point.greatest_variance)});
  }
  fmt::print("{}", table(rows));
  const auto on_a_line = [](const FixedPoint& point) {
    return std::abs(point.map.spectral_radius() - 1) < kNeutral;
  };
  if (std::ranges::count_if(points, on_a_line) > 1) {
    note("points that neither attract nor repel (contraction 1) are samples of a line of them");
  }
}

void add_fixed_points(CLI::App& theory) {
  CLI::App* command = theory.add_subcommand(
      "fixed_points", "Where an activation's map stays, and whether that attracts");
  const auto arguments = std::make_shared<FixedPointsArguments>();
  arguments->activation.add(*command);
  arguments->weights.add(*command);
  command->add_flag("--json", arguments->json, "one JSON document");
  command->callback([arguments] { run_fixed_points(*arguments); });
}

// ---- shape ------------------------------------------------------------------------------------

struct ShapeArguments {
  DepthShapeRequest request;
  double dropout_rate = 0;
  double scale = 0;
  std::string init = "orthogonal";
  bool json = false;
};

void run_shape(ShapeArguments arguments, bool scale_given, bool width_given) {
  require_rate("--dropout-rate", arguments.dropout_rate);
  DepthShapeRequest& request = arguments.request;
  require(!width_given || request.width > 0, "--width", "at least 1",
          static_cast<double>(request.width));
  request.dropout_growth = alpha_dropout_growth(arguments.dropout_rate);
  request.orthogonal = arguments.init == "orthogonal";
  const DepthShape shape =
      scale_given ? shape_of_scale(arguments.scale, request) : shape_for_depth(request);
  const double log_growth = static_cast<double>(request.depth) * std::log(shape.gradient_growth);
  Json numbers{{"scale", shape.constants.scale},     {"alpha", shape.constants.alpha},
               {"lambda", shape.constants.lambda},   {"gradient_growth", shape.gradient_growth},
               {"contraction", shape.contraction},   {"growth_over_depth", std::exp(log_growth)},
               {"log_growth_over_depth", log_growth}};
  if (request.width > 0) {
    numbers["spread"] = shape.spread;
    numbers["typical_growth"] = shape.typical_growth;
    numbers["log_growth_spread"] = shape.log_growth_spread;
  }
  print_numbers(numbers, arguments.json);
  if (!scale_given && log_growth > std::log(request.growth) + 1e-6) {
    note(
        fmt::format("at this width gradients grow by {:.3g}, over {:.3g}, and signals wander by "
                    "{:.3g}, over {:.3g}: a compromise (--init orthogonal, --width, --spread)",
                    std::exp(log_growth), request.growth, shape.spread, request.greatest_spread));
  }
}

void add_shape(CLI::App& theory) {
  CLI::App* command = theory.add_subcommand(
      "shape", "The SELU for a depth: gradients that grow by no more than a factor over all of it");
  const auto arguments = std::make_shared<ShapeArguments>();
  DepthShapeRequest& request = arguments->request;
  command->add_option("--depth", request.depth, "layers")->required();
  auto* growth = command
                     ->add_option("--growth", request.growth,
                                  "most the gradient's second moment may grow over all")
                     ->capture_default_str();
  const auto* width = command->add_option(
      "--width", request.width, "units a layer: keeps the noise of finite width small too");
  auto* spread =
      command
          ->add_option("--spread", request.greatest_spread,
                       "most that a sample's deviation should vary by, relative, at that width")
          ->capture_default_str()
          ->needs("--width");
  command->add_option("--init", arguments->init, "of the weights: decides how much noise there is")
      ->check(CLI::IsMember({"orthogonal", "normal"}))
      ->capture_default_str();
  command
      ->add_option("--dropout-rate", arguments->dropout_rate,
                   "of alpha dropout behind each SELU, which damps gradients")
      ->capture_default_str();
  const auto* scale =
      command->add_option("--scale", arguments->scale, "s as given, to see what it does")
          ->excludes(growth)
          ->excludes(spread);
  command->add_flag("--json", arguments->json, "one JSON document");
  command->callback([=] { run_shape(*arguments, scale->count() > 0, width->count() > 0); });
}

// ---- dropout ----------------------------------------------------------------------------------

struct DropoutArguments {
  double rate = 0;
  Moments moments;
  double alpha_prime = kAlphaPrime;
  bool json = false;
};

void run_dropout(const DropoutArguments& arguments) {
  require_rate("--rate", arguments.rate);
  require_moments(arguments.moments);
  require(std::isfinite(arguments.alpha_prime), "--alpha-prime", "a number", arguments.alpha_prime);
  const AlphaAffine affine = alpha_dropout_affine(
      arguments.rate, arguments.moments.mean, arguments.moments.variance, arguments.alpha_prime);
  print_numbers({{"a", affine.a},
                 {"b", affine.b},
                 {"alpha_prime", arguments.alpha_prime},
                 {"gradient_growth", affine.a * affine.a * (1 - arguments.rate)}},
                arguments.json);
}

void add_dropout(CLI::App& theory) {
  CLI::App* command =
      theory.add_subcommand("dropout", "a and b of alpha dropout, which keep mean and variance");
  const auto arguments = std::make_shared<DropoutArguments>();
  command->add_option("--rate", arguments->rate, "share of the elements dropped")->required();
  add_moments(*command, arguments->moments);
  command->add_option("--alpha-prime", arguments->alpha_prime, "what dropped elements become")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "one JSON document");
  command->callback([arguments] { run_dropout(*arguments); });
}

}  // namespace

void add_theory(CLI::App& app) {
  CLI::App* theory = app.add_subcommand(
      "theory", "The mathematics of self-normalization: constants, maps, proofs, pictures");
  theory->require_subcommand(1);
  add_constants(*theory);
  add_theory_map(*theory);
  add_fixed_points(*theory);
  add_shape(*theory);
  add_dropout(*theory);
  add_theory_certify(*theory);
  add_theory_plot(*theory);
}

}  // namespace selfnorm::cli
