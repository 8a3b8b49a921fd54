// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/propagate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "api/propagated_layer.h"
#include "base/random.h"
#include "base/text.h"
#include "engine/program.h"
#include "kernels/dropout.h"
#include "kernels/initialize.h"
#include "ops/table.h"
#include "passes/autodiff.h"
#include "passes/build.h"
#include "passes/fuse.h"
#include "passes/views.h"
#include "selfnorm/error.h"
#include "selfnorm/network.h"
#include "selfnorm/theory.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

constexpr const char* kNotebook = "notebook";
constexpr std::int64_t kMaxExtent = 1'000'000;  ///< maximum number of layers, units and rows

// ---- the options --------------------------------------------------------------------------------

void check_choice(const char* what, const std::string& name, const std::vector<std::string>& all) {
  if (std::ranges::count(all, name) > 0) return;
  throw Error(ErrorKind::config,
              fmt::format("propagate: unknown {} '{}'{}", what, name, suggestion(name, all)));
}

std::vector<std::string> names_of(Category category) {
  std::vector<std::string> names;
  for (const OpRow& row : op_table()) {
    if (*row.category == category) names.emplace_back(*row.name);
  }
  return names;
}

// Returns the name of the op; "" for none and for the notebook's dropout, which is not an op.
std::string dropout_op(const std::string& name) {
  if (name == "none" || name == kNotebook) return "";
  if (name == "plain") return "dropout";
  return name == "alpha" ? "alpha_dropout" : name;
}

void check(const PropagationOptions& options) {
  const auto check_count = [](const char* what, std::int64_t value) {
    if (value >= 1 && value <= kMaxExtent) return;
    throw Error(ErrorKind::config, fmt::format("propagate: {}: expected from 1 to {}, got {}", what,
                                               kMaxExtent, value));
  };
  check_count("layers", options.layers);
  check_count("width", options.width);
  check_count("batch", options.batch);
  if (!std::isfinite(options.gain) || (options.gain <= 0 && !gain_is_value(options.init))) {
    throw Error(ErrorKind::config,
                fmt::format("propagate: gain: expected a {}, got {}",
                            gain_is_value(options.init) ? "finite number" : "number above 0",
                            options.gain));
  }
  if (!(options.rate >= 0 && options.rate < 1)) {
    throw Error(ErrorKind::config,
                fmt::format("propagate: rate: expected a number in [0, 1), got {}", options.rate));
  }
  if (options.input.size() % static_cast<std::size_t>(options.batch) != 0) {
    throw Error(ErrorKind::config,
                fmt::format("propagate: input: expected {} rows of equal length, got {} numbers",
                            options.batch, options.input.size()));
  }
  check_choice("activation", options.activation, names_of(Category::activation));
  if (!dropout_op(options.dropout).empty()) {
    std::vector<std::string> dropouts = names_of(Category::dropout);
    dropouts.insert(dropouts.end(), {"none", "plain", "alpha", kNotebook});
    check_choice("dropout", dropout_op(options.dropout), dropouts);
  }
  check_choice("init", options.init, initializer_names());
}

// ---- layers as networks -----------------------------------------------------------------------

std::int64_t input_width(const PropagationOptions& options) {
  if (options.input.empty()) return options.width;
  return static_cast<std::int64_t>(options.input.size()) / options.batch;
}

// Returns the layers of one step. Their names contain its number, so that each step has its own
// weights and masks.
std::vector<Layer> layers_of(const PropagationOptions& options, std::int64_t number, Layer dense,
                             Layer activation) {
  std::vector<Layer> layers = {std::move(dense), std::move(activation)};
  if (const std::string op = dropout_op(options.dropout); !op.empty()) {
    layers.push_back({op, {{"rate", options.rate}}});
  }
  for (Layer& layer : layers) layer.name = fmt::format("{}_{}", layer.op, number);
  return layers;
}

// Returns the gain of the initializer. For normal, uniform and constant, it is the standard
// deviation, the limit or the value itself. The other initializers scale by fan-in.
double gain_of(const PropagationOptions& options, std::int64_t fan_in) {
  const double unit = 1 / std::sqrt(static_cast<double>(fan_in));
  if (options.init == "normal" || options.init == "constant") return options.gain * unit;
  if (options.init == "uniform") return options.gain * unit * std::sqrt(3.0);
  // With more units than inputs, orthonormal columns leave the rows too short.
  const double units_per_input = static_cast<double>(options.width) / static_cast<double>(fan_in);
  if (options.init == "orthogonal") return options.gain * std::sqrt(std::max(1.0, units_per_input));
  return options.gain;
}

Layer dense_of(const PropagationOptions& options, std::int64_t fan_in) {
  return {"dense",
          {{"units", options.width},
           {"bias", false},
           {"init", options.init},
           {"init.gain", gain_of(options, fan_in)}}};
}

// A layer in which numbers replace all that depends on the whole network: `auto`, and shapes for
// its depth.
struct ResolvedLayer {
  Layer dense, activation;
};

std::vector<ResolvedLayer> resolve(const PropagationOptions& options) {
  Network whole{{{"x", {input_width(options)}}}, {}};
  for (std::int64_t i = 1; i <= options.layers; ++i) {
    const Layer dense = dense_of(options, i == 1 ? input_width(options) : options.width);
    const auto one =
        layers_of(options, i, dense, {options.activation, options.activation_attributes});
    whole.layers.insert(whole.layers.end(), one.begin(), one.end());
  }
  const Graph graph = build_graph(whole, 1);
  std::vector<ResolvedLayer> layers;
  const std::size_t stride = graph.nodes.size() / static_cast<std::size_t>(options.layers);
  for (std::size_t i = 0; i < graph.parameters.size(); ++i) {
    const Settings init = {{"units", options.width},
                           {"bias", false},
                           {"init", graph.parameters[i].init},
                           {"init.gain", graph.parameters[i].gain}};
    Settings constants = graph.nodes[i * stride + 1].attributes;
    constants.erase("shape");
    layers.push_back({{"dense", init}, {options.activation, constants}});
  }
  return layers;
}

// ---- one layer on the engine ------------------------------------------------------------------

// A layer on the engine. Its weights and masks follow from the seed and its number alone, so the
// backward pass creates it again instead of keeping it.
class LayerRun {
 public:
  LayerRun(const PropagationOptions& options, std::int64_t number, const ResolvedLayer& layer,
           std::int64_t inputs, bool backward)
      : request_(options), number_(number) {
    const auto layers = layers_of(options, number, layer.dense, layer.activation);
    Graph graph = build_engine_graph({{{"x", {inputs}}}, layers}, options.batch);
    weights_ = Weights(graph);
    weights_.initialize(graph, options.seed);
    sums_ = sum_weights(weights_.get(weights_.entries()[0]), inputs);
    x_ = graph.inputs[0], y_ = graph.outputs[0];
    fuse(graph, Mode::training);
    if (backward) {
      dy_ = add_value(graph, {"cotangent", graph.value(y_).shape, DType::f32, Role::input});
      graph.inputs.push_back(dy_);
      dx_ = differentiate(graph, y_, {x_}, dy_)[0];
      graph.outputs.push_back(dx_);
    }
    const Bindings bindings = weights_.bindings(graph);
    program_.emplace(std::move(graph), Mode::training, options.seed, bindings);
  }

  const WeightSums& sums() const { return sums_; }

  std::vector<float> forward(const std::vector<float>& x) {
    std::ranges::copy(x, program_->data(x_));
    program_->run();
    std::vector<float> y = read(y_);
    if (request_.dropout == kNotebook) notebook().forward(y);
    return y;
  }

  std::vector<float> backward(const std::vector<float>& x, std::vector<float> dy) {
    if (request_.dropout == kNotebook) notebook().backward(dy);
    std::ranges::copy(x, program_->data(x_));
    std::ranges::copy(dy, program_->data(dy_));
    program_->run();
    return read(dx_);
  }

 private:
  std::vector<float> read(ValueId value) const {
    const float* from = program_->data(value);
    return {from, from + elements(program_->graph().value(value).shape)};
  }
  NotebookDropout notebook() const {
    return {request_.rate, random_key(request_.seed, "mask", fmt::format("notebook_{}", number_))};
  }

  const PropagationOptions& request_;
  std::int64_t number_;
  Weights weights_;
  WeightSums sums_;
  ValueId x_ = kNoValue, y_ = kNoValue, dy_ = kNoValue, dx_ = kNoValue;
  std::optional<Program> program_;
};

// ---- what theory predicts ---------------------------------------------------------------------

constexpr double kTinyVariance = 1e-200;  ///< replaces a variance of 0, as after weights of 0

// The moments of a layer's output, and the factor by which its backward pass multiplies a
// gradient's second moment.
struct PredictedMoments {
  Moments outputs;
  double gradient_growth;
};

PredictedMoments after_dropout(const PropagationOptions& options, const Moments& x) {
  if (options.dropout == kNotebook) {
    const NotebookDropout notebook(options.rate, {});
    return {notebook.moments_after(x), notebook.gradient_growth()};
  }
  const std::string op = dropout_op(options.dropout);
  if (op.empty()) return {x, 1};
  const bool alpha = op != dropout_op("plain");
  const Dropout dropout =
      make_dropout(alpha ? DropoutKind::alpha : DropoutKind::plain, options.rate);
  const double q = keep_probability(dropout), other = alpha ? kAlphaPrime : 0;
  const double mean = q * x.mean + (1 - q) * other;
  const double square = q * (x.variance + x.mean * x.mean) + (1 - q) * other * other;
  const double a2 = dropout.a * dropout.a;
  return {{dropout.a * mean + dropout.b, a2 * (square - mean * mean)}, q * a2};
}

PredictedMoments predict(const PropagationOptions& options, const Layer& activation,
                         const Moments& inputs, const WeightSums& weights) {
  const MomentRuleFactory* moments = rule_of(find_op(options.activation)->moments);
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  if (moments == nullptr || weights.has_identical_units) return {{kUnknown, kUnknown}, kUnknown};
  Gaussian z = pre_activation_of(inputs, weights);
  const bool constant = z.variance == 0;  // as after weights of 0
  if (constant) z.variance = kTinyVariance;
  ActivationMoments f = (*moments)(activation.attributes)(z);
  if (constant) f.mean = std::abs(f.mean) < std::sqrt(kTinyVariance) ? 0 : f.mean, f.variance = 0;
  PredictedMoments predicted = after_dropout(options, {f.mean, f.variance});
  predicted.gradient_growth *= f.slope_second_moment * weights.tau * weights.units_per_input;
  return predicted;
}

// ---- forward and backward ---------------------------------------------------------------------

std::vector<float> draw_standard_normals(const PropagationOptions& options, const char* name) {
  return standard_normals(random_key(options.seed, "propagate", name),
                          static_cast<std::size_t>(options.batch * options.width));
}

// Scales values by a power of two, which is exact, to a mean square near 1, since gradients over
// many layers leave the range of floats. Returns the factor by which the mean square shrank.
double rescale_to_unit_power_of_two(std::vector<float>& values, double square) {
  if (!(square > 0) || !std::isfinite(square)) return 1;
  const double factor = std::exp2(-std::round(0.5 * std::log2(square)));
  for (float& value : values) value = static_cast<float>(value * factor);
  return 1 / (factor * factor);
}

// What the forward pass keeps for the backward pass.
struct Trace {
  std::vector<std::vector<float>> inputs;  ///< inputs of each layer
  std::vector<double> growth;              ///< predicted growth of the gradient in each layer
};

void propagate_gradients(const PropagationOptions& options,
                         const std::vector<ResolvedLayer>& resolved, const Trace& trace,
                         std::vector<PropagatedLayer>& layers) {
  std::vector<float> gradient = draw_standard_normals(options, "cotangent");
  double scale = 1, predicted = mean_square(gradient);
  for (std::size_t i = layers.size(); i-- > 0;) {
    const double square = mean_square(gradient);
    layers[i].gradient_second_moment = scale * square;
    layers[i].predicted_gradient_second_moment = predicted;
    if (i == 0) break;
    scale *= rescale_to_unit_power_of_two(gradient, square);
    predicted *= trace.growth[i];
    const auto number = static_cast<std::int64_t>(i) + 1;
    gradient = LayerRun(options, number, resolved[i], options.width, true)
                   .backward(trace.inputs[i], std::move(gradient));
  }
}

Moments moments_of_input(const PropagationOptions& options, const std::vector<float>& x) {
  if (options.input.empty()) return {0, 1};
  const double mean = measure_rows(0, x, input_width(options)).mean;
  return {mean, mean_square(x) - mean * mean};
}

}  // namespace

std::vector<PropagatedLayer> propagate(const PropagationOptions& options) {
  check(options);
  const std::vector<ResolvedLayer> resolved = resolve(options);
  std::vector<float> x =
      options.input.empty() ? draw_standard_normals(options, "input") : options.input;
  Moments predicted = moments_of_input(options, x);
  std::vector<PropagatedLayer> layers;
  Trace trace;
  for (std::int64_t number = 1; number <= options.layers; ++number) {
    const ResolvedLayer& layer = resolved[static_cast<std::size_t>(number - 1)];
    const std::int64_t width = number == 1 ? input_width(options) : options.width;
    LayerRun run(options, number, layer, width, false);
    std::vector<float> y = run.forward(x);
    const PredictedMoments next = predict(options, layer.activation, predicted, run.sums());
    predicted = next.outputs;
    PropagatedLayer& made = layers.emplace_back(measure_rows(number, y, options.width));
    made.predicted_mean = predicted.mean;
    made.predicted_std = std::sqrt(predicted.variance);
    if (options.gradients) {
      trace.inputs.push_back(std::move(x));
      trace.growth.push_back(next.gradient_growth);
    }
    x = std::move(y);
  }
  if (options.gradients) propagate_gradients(options, resolved, trace, layers);
  return layers;
}

}  // namespace selfnorm
