// SPDX-License-Identifier: Apache-2.0
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

// Prints named numbers as one JSON document or as two aligned columns.
void print_numbers(const Json& numbers, bool json) {
  if (json) {
    print("{}\n", numbers.dump(2));
    return;
  }
  for (const auto& [name, value] : numbers.items()) {
    print("{:24}{:.17g}\n", name, value.get<double>());
  }
}

void require_moments(const Moments& moments) {
  require(std::isfinite(moments.mean), "--mean", "a number", moments.mean);
  require_positive("--variance", moments.variance);
}

void require_rate(const char* flag, double rate) {
  require(rate >= 0 && rate < 1, flag, "a number in [0, 1)", rate);
}

void add_moments(Command& command, Moments& moments) {
  command.add({.name = "--mean", .target = &moments.mean, .help = "mean μ of the signal"});
  command.add(
      {.name = "--variance", .target = &moments.variance, .help = "variance ν of the signal"});
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
    note(
        "this fixed point repels: its contraction is not below 1, so signals do not converge to "
        "it");
  }
}

void add_constants(Command& theory) {
  Command& command =
      theory.add_command("constants", "Compute α and λ of the SELU with a given fixed point");
  const auto arguments = std::make_shared<ConstantsArguments>();
  add_moments(command, arguments->target);
  arguments->weights.add(command);
  add_scale(command, arguments->scale);
  command.add_switch("--json", arguments->json, "print one JSON document");
  command.examples = {"selfnorm theory constants --mean 0 --variance 2"};
  command.run = [arguments] { return run_constants(*arguments), 0; };
}

// ---- fixed points -----------------------------------------------------------------------------

constexpr double kNeutralTolerance =
    1e-9;  ///< distance to 1 below which a fixed point counts as neutral

struct FixedPointsArguments {
  ActivationArguments activation;
  WeightArguments weights;
  bool json = false;
};

Json point_json(const FixedPoint& point) {
  Json json{{"mean", point.moments.mean},
            {"variance", point.moments.variance},
            {"attracts", point.is_attracting},
            {"contraction", point.map.spectral_radius()},
            {"largest_singular_value", point.map.largest_singular_value()},
            {"gradient_growth", point.map.gradient_growth}};
  json["basin"] = nullptr;
  if (point.is_attracting) {
    json["basin"] = {{"mean", {point.basin_min_mean, point.basin_max_mean}},
                     {"variance", {point.basin_min_variance, point.basin_max_variance}}};
  }
  return json;
}

void run_fixed_points(const FixedPointsArguments& arguments) {
  const auto points = fixed_points(arguments.activation.read(), arguments.weights.read());
  if (arguments.json) {
    auto list = Json::array();
    for (const FixedPoint& point : points) list.push_back(point_json(point));
    print("{}\n", Json{{"fixed_points", list}}.dump(2));
    return;
  }
  if (points.empty()) {
    print("no fixed point with a variance from 1e-8 to 1e8 was found\n");
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"mean", "variance", "attracts", "contraction",
                                                 "gradient growth", "from means", "variances"}};
  for (const FixedPoint& point : points) {
    const auto interval = [&](double low, double high) {
      return point.is_attracting ? fmt::format("[{:.4g}, {:.4g}]", low, high) : std::string("-");
    };
    rows.push_back(
        {fmt::format("{:.12g}", point.moments.mean), fmt::format("{:.12g}", point.moments.variance),
         point.is_attracting ? "yes" : "no", fmt::format("{:.7f}", point.map.spectral_radius()),
         fmt::format("{:.7f}", point.map.gradient_growth),
         interval(point.basin_min_mean, point.basin_max_mean),
         interval(point.basin_min_variance, point.basin_max_variance)});
  }
  print("{}", table(rows));
  const auto on_a_line = [](const FixedPoint& point) {
    return std::abs(point.map.spectral_radius() - 1) < kNeutralTolerance;
  };
  if (std::ranges::count_if(points, on_a_line) > 1) {
    note(
        "fixed points with contraction 1 neither attract nor repel: they are samples from a line "
        "of fixed points");
  }
}

void add_fixed_points(Command& theory) {
  Command& command = theory.add_command("fixed_points",
                                        "Find the fixed points of a layer's moment map: means and "
                                        "variances that it leaves unchanged");
  const auto arguments = std::make_shared<FixedPointsArguments>();
  arguments->activation.add(command);
  arguments->weights.add(command);
  command.add_switch("--json", arguments->json, "print one JSON document");
  command.examples = {"selfnorm theory fixed_points --activation tanh --weight-variance 2"};
  command.run = [arguments] { return run_fixed_points(*arguments), 0; };
}

// ---- shape ------------------------------------------------------------------------------------

struct ShapeArguments {
  DepthTunedSeluOptions options;
  double dropout_rate = 0;
  double scale = 0;
  std::string init = "orthogonal";
  bool json = false;
};

void run_shape(ShapeArguments arguments, bool scale_given, bool width_given) {
  require_rate("--dropout-rate", arguments.dropout_rate);
  DepthTunedSeluOptions& options = arguments.options;
  require(!width_given || options.width > 0, "--width", "at least 1",
          static_cast<double>(options.width));
  options.dropout_growth = alpha_dropout_gradient_growth(arguments.dropout_rate);
  options.is_orthogonal = arguments.init == "orthogonal";
  const DepthTunedSelu shape =
      scale_given ? selu_for_scale(arguments.scale, options) : selu_for_depth(options);
  const double log_growth = static_cast<double>(options.depth) * std::log(shape.gradient_growth);
  Json numbers{{"scale", shape.constants.scale},     {"alpha", shape.constants.alpha},
               {"lambda", shape.constants.lambda},   {"gradient_growth", shape.gradient_growth},
               {"contraction", shape.contraction},   {"growth_over_depth", std::exp(log_growth)},
               {"log_growth_over_depth", log_growth}};
  if (options.width > 0) {
    numbers["spread"] = shape.spread;
    numbers["typical_growth"] = shape.typical_growth;
    numbers["log_growth_spread"] = shape.log_growth_spread;
  }
  print_numbers(numbers, arguments.json);
  if (!scale_given && log_growth > std::log(options.growth) + 1e-6) {
    note(fmt::format(
        "at this width, no s meets both limits: gradients grow by {:.3g} (limit {:.3g}), and the "
        "spread is {:.3g} (limit {:.3g}); use --init orthogonal, or a larger --width or --spread",
        std::exp(log_growth), options.growth, shape.spread, options.max_spread));
  }
}

void add_shape(Command& theory) {
  Command& command = theory.add_command(
      "shape",
      "Compute the depth-tuned SELU, whose gradients grow by at most a given factor over a depth");
  const auto arguments = std::make_shared<ShapeArguments>();
  DepthTunedSeluOptions& options = arguments->options;
  command.add({.name = "--depth",
               .target = &options.depth,
               .help = "number of layers",
               .is_required = true});
  command.add({.name = "--growth",
               .target = &options.growth,
               .help = "maximum growth of the gradient's second moment over all layers"});
  const Argument& width =
      command.add({.name = "--width",
                   .target = &options.width,
                   .help = "units per layer; --spread then limits the noise of finite width",
                   .default_text = "infinite"});
  command.add(
      {.name = "--spread",
       .target = &options.max_spread,
       .help = "maximum relative standard deviation, over draws of the weights, of the standard "
               "deviation of one sample's signal",
       .needs = "--width"});
  command.add({.name = "--init",
               .target = &arguments->init,
               .help = "distribution of the weights, which determines the noise",
               .choices = {"orthogonal", "normal"}});
  command.add({.name = "--dropout-rate",
               .target = &arguments->dropout_rate,
               .help = "rate of the alpha dropout after each SELU, which reduces gradients"});
  const Argument& scale = command.add({.name = "--scale",
                                       .target = &arguments->scale,
                                       .help = "evaluate this scale s instead of choosing one",
                                       .default_text = "computed",
                                       .excludes = {"--growth", "--spread"}});
  command.add_switch("--json", arguments->json, "print one JSON document");
  command.examples = {"selfnorm theory shape --depth 100 --width 256"};
  command.run = [arguments, &scale, &width] {
    run_shape(*arguments, scale.is_given(), width.is_given());
    return 0;
  };
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
  const AlphaAffine expected = expected_alpha_dropout(
      arguments.rate, arguments.moments.mean, arguments.moments.variance, arguments.alpha_prime);
  print_numbers({{"a", affine.a},
                 {"b", affine.b},
                 {"alpha_prime", arguments.alpha_prime},
                 {"inference_factor", expected.a},
                 {"inference_shift", expected.b},
                 {"gradient_growth", affine.a * affine.a * (1 - arguments.rate)}},
                arguments.json);
}

void add_dropout(Command& theory) {
  Command& command = theory.add_command("dropout",
                                        "Compute the factor a and the shift b with which alpha "
                                        "dropout preserves the mean and variance, and the map "
                                        "to use at inference");
  const auto arguments = std::make_shared<DropoutArguments>();
  command.add({.name = "--rate",
               .target = &arguments->rate,
               .help = "fraction of the elements to drop",
               .is_required = true});
  add_moments(command, arguments->moments);
  command.add({.name = "--alpha-prime",
               .target = &arguments->alpha_prime,
               .help = "value α′ of dropped elements"});
  command.add_switch("--json", arguments->json, "print one JSON document");
  command.examples = {"selfnorm theory dropout --rate 0.1"};
  command.run = [arguments] { return run_dropout(*arguments), 0; };
}

}  // namespace

void add_theory(Command& program) {
  Command& theory = program.add_command(
      "theory",
      "Compute the constants, moment maps, fixed points and proofs of self-normalization");
  add_constants(theory);
  add_theory_map(theory);
  add_fixed_points(theory);
  add_shape(theory);
  add_dropout(theory);
  add_theory_certify(theory);
  add_theory_plot(theory);
}

}  // namespace selfnorm::cli
