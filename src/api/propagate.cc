#include "selfnorm/propagate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "base/text.h"
#include "kernels/dropout.h"
#include "kernels/initialize.h"
#include "ops/table.h"
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

// ---- what is asked for ------------------------------------------------------------------------

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

// "" for none and for the notebook's, which is no op.
std::string dropout_op(const std::string& name) {
  if (name == "none" || name == kNotebook) return "";
  if (name == "plain") return "dropout";
  return name == "alpha" ? "alpha_dropout" : name;
}

void check(const PropagationRequest& request) {
  const auto at_least_one = [](const char* what, std::int64_t value) {
    if (value >= 1) return;
    throw Error(ErrorKind::config,
                fmt::format("propagate: {}: expected at least 1, got {}", what, value));
  };
  at_least_one("layers", request.layers);
  at_least_one("width", request.width);
  at_least_one("batch", request.batch);
  if (!(request.rate >= 0 && request.rate < 1)) {
    throw Error(ErrorKind::config,
                fmt::format("propagate: rate: expected a number in [0, 1), got {}", request.rate));
  }
  check_choice("activation", request.activation, names_of(Category::activation));
  if (!dropout_op(request.dropout).empty()) {
    std::vector<std::string> dropouts = names_of(Category::dropout);
    dropouts.insert(dropouts.end(), {"none", "plain", "alpha", kNotebook});
    check_choice("dropout", dropout_op(request.dropout), dropouts);
  }
  check_choice("init", request.init, initializer_names());
}

// ---- the layers -------------------------------------------------------------------------------

// One layer as a network of its own; `number` is in its names, so that its weights and masks are
// its own.
Network layer_network(const PropagationRequest& request, std::int64_t number, const Layer& dense,
                      const Layer& activation) {
  Network network{{{"x", {request.width}}}, {dense, activation}};
  for (Layer& layer : network.layers) layer.name = fmt::format("{}_{}", layer.op, number);
  if (const std::string op = dropout_op(request.dropout); !op.empty()) {
    network.layers.push_back({op, {{"rate", request.rate}}, fmt::format("{}_{}", op, number)});
  }
  return network;
}

// What depends on the whole network, `auto` and shapes for its depth, as numbers.
void resolve(const PropagationRequest& request, Layer& dense, Layer& activation) {
  Network whole{{{"x", {request.width}}}, {}};
  for (std::int64_t i = 1; i <= request.layers; ++i) {
    const Network one = layer_network(request, i, dense, activation);
    whole.layers.insert(whole.layers.end(), one.layers.begin(), one.layers.end());
  }
  const Graph graph = build_graph(whole, 1);
  activation.attributes = graph.nodes[1].attributes;
  activation.attributes.erase("shape");
  dense.attributes["init"] = graph.parameters[0].init;
  dense.attributes["init.gain"] = graph.parameters[0].gain;
}

// Initialisers whose gain is the deviation, limit or value itself.
double gain_of(const PropagationRequest& request) {
  const double unit = 1 / std::sqrt(static_cast<double>(request.width));
  if (request.init == "normal" || request.init == "constant") return request.gain * unit;
  if (request.init == "uniform") return request.gain * unit * std::sqrt(3.0);
  return request.gain;
}

// ---- what comes of it -------------------------------------------------------------------------

PropagatedLayer measure(std::int64_t number, const std::vector<float>& values, std::int64_t width) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  PropagatedLayer layer{number, kInfinity, -kInfinity, kInfinity, -kInfinity};
  const auto rows = static_cast<double>(values.size()) / static_cast<double>(width);
  for (auto row = values.begin(); row != values.end(); row += width) {
    double sum = 0, squares = 0;
    for (auto v = row; v != row + width; ++v) sum += *v;
    const double mean = sum / static_cast<double>(width);
    for (auto v = row; v != row + width; ++v) squares += (*v - mean) * (*v - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(width));
    layer.mean_min = std::min(layer.mean_min, mean);
    layer.mean_max = std::max(layer.mean_max, mean);
    layer.std_min = std::min(layer.std_min, deviation);
    layer.std_max = std::max(layer.std_max, deviation);
    layer.mean += mean / rows;
    layer.std += deviation / rows;
  }
  return layer;
}

// The pre-activation over all units, for inputs that are independent of these weights: unit i has
// mean μωᵢ and variance ντᵢ.
Gaussian pre_activation_of(const Moments& inputs, const std::vector<float>& weights,
                           std::int64_t width) {
  const auto units = static_cast<double>(weights.size()) / static_cast<double>(width);
  double omega = 0, omega_square = 0, tau = 0;
  for (auto row = weights.begin(); row != weights.end(); row += width) {
    double sum = 0;
    for (auto w = row; w != row + width; ++w) {
      sum += *w;
      tau += static_cast<double>(*w) * *w / units;
    }
    omega += sum / units;
    omega_square += sum * sum / units;
  }
  const double spread = omega_square - omega * omega;
  return {inputs.mean * omega, inputs.variance * tau + inputs.mean * inputs.mean * spread};
}

// With a mask m of 0 and 1/q, not 1: m·x + (1 − m)·α′, then a and b, which are made for 0 and 1.
// What is kept becomes x/q + (1 − 1/q)·α′.
struct NotebookDropout {
  double keep;
  AlphaAffine affine;

  explicit NotebookDropout(double rate)
      : keep(1 - rate), affine(alpha_dropout_affine(keep, 0, 1)) {}

  void apply(RandomKey key, std::vector<float>& values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double mask = uniform(key, i) < keep ? 1 / keep : 0;
      const double masked = mask * values[i] + (1 - mask) * kAlphaPrime;
      values[i] = static_cast<float>(affine.a * masked + affine.b);
    }
  }
  Moments after(const Moments& x) const {
    const double kept_mean = x.mean / keep + (1 - 1 / keep) * kAlphaPrime;
    const double kept_square = x.variance / (keep * keep) + kept_mean * kept_mean;
    const double mean = keep * kept_mean + (1 - keep) * kAlphaPrime;
    const double square = keep * kept_square + (1 - keep) * kAlphaPrime * kAlphaPrime;
    return {affine.a * mean + affine.b, affine.a * affine.a * (square - mean * mean)};
  }
};

// Mean and variance of what is kept and scaled, or replaced.
Moments after_dropout(const PropagationRequest& request, const Moments& x) {
  if (request.dropout == kNotebook) return NotebookDropout(request.rate).after(x);
  const std::string op = dropout_op(request.dropout);
  if (op.empty()) return x;
  const DropoutKind kind = op == "dropout" ? DropoutKind::plain : DropoutKind::alpha;  // not an op
  const Dropout dropout = make_dropout(kind, request.rate);
  const double q = keep_rate(dropout), other = kind == DropoutKind::alpha ? kAlphaPrime : 0;
  const double mean = q * x.mean + (1 - q) * other;
  const double second = q * (x.variance + x.mean * x.mean) + (1 - q) * other * other;
  return {dropout.a * mean + dropout.b, dropout.a * dropout.a * (second - mean * mean)};
}

}  // namespace

std::vector<PropagatedLayer> propagate(const PropagationRequest& request) {
  check(request);
  Layer dense{"dense",
              {{"units", request.width},
               {"bias", false},
               {"init", request.init},
               {"init.gain", gain_of(request)}}};
  Layer activation{request.activation, request.activation_attributes};
  resolve(request, dense, activation);
  const MomentColumn* moments = rule_of(find_op(request.activation)->moments);

  std::vector<float> values(static_cast<std::size_t>(request.batch * request.width));
  const RandomKey input = random_key(request.seed, "propagate", "input");
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(normal(input, i));

  std::vector<PropagatedLayer> layers;
  Moments predicted{0, 1};
  for (std::int64_t number = 1; number <= request.layers; ++number) {
    Graph graph =
        build_engine_graph(layer_network(request, number, dense, activation), request.batch);
    Weights weights(graph);
    weights.initialize(graph, request.seed);
    const ValueId from = graph.inputs[0], to = graph.outputs[0];
    fuse(graph, Mode::training);
    const Bindings bindings = weights.bindings(graph);
    Program program(std::move(graph), Mode::training, request.seed, bindings);
    std::ranges::copy(values, program.data(from));
    program.run();
    std::copy_n(program.data(to), values.size(), values.begin());
    if (request.dropout == kNotebook) {
      NotebookDropout(request.rate)
          .apply(random_key(request.seed, "mask", fmt::format("notebook_{}", number)), values);
    }
    PropagatedLayer layer = measure(number, values, request.width);
    if (moments != nullptr) {
      const Gaussian z =
          pre_activation_of(predicted, weights.get(weights.entries()[0]), request.width);
      const ActivationMoments f = (*moments)(activation.attributes)(z);
      predicted = after_dropout(request, {f.mean, f.variance});
    } else {
      predicted.mean = predicted.variance = std::numeric_limits<double>::quiet_NaN();
    }
    layer.predicted_mean = predicted.mean;
    layer.predicted_std = std::sqrt(predicted.variance);
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace selfnorm
