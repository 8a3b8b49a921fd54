#include "selfnorm/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "api/run.h"
#include "base/random.h"
#include "data/gather.h"
#include "data/load.h"
#include "doctor/input_field.h"
#include "doctor/layer_moments.h"
#include "passes/build.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kMost = 1'000'000;  ///< samples, and draws

void check(const char* what, std::int64_t value, std::int64_t least) {
  if (value >= least && value <= kMost) return;
  throw Error(ErrorKind::config,
              fmt::format("doctor: {}: expected from {} to {}, got {}", what, least, kMost, value));
}

// A network with what goes into it: the fields, and the rows of each draw.
struct Patient {
  std::string input;
  Network network;
  Graph graph;  ///< for so many samples
  std::int64_t samples;
  std::vector<MomentField> fields;
  std::function<InputRows(std::uint64_t seed)> rows;
};

Shape batch_shape(const Shape& sample, std::int64_t rows) {
  Shape shape = sample;
  shape.insert(shape.begin(), rows);
  return shape;
}

// Rows of the training set, drawn, standardised as training does.
Patient with_data(RunConfig config, const ExaminationOptions& options) {
  config.data.read_targets = config.network.layers.empty();  // else nothing follows from them
  Dataset train = load_data(config.data, config.train.seed).train;
  complete_network(config, train);
  const auto [split, schema] = prepare_inputs(config, train);
  std::vector<std::int64_t> drawn =
      permutation(random_key(options.seed, "doctor", "rows"), std::ssize(split.train));
  drawn.resize(static_cast<std::size_t>(std::min(options.samples, std::ssize(split.train))));
  check("samples", std::ssize(drawn), 2);
  for (std::int64_t& row : drawn) row = split.train[static_cast<std::size_t>(row)];
  const auto count = std::ssize(drawn);
  InputRows rows;
  Patient patient{train.name, config.network, build_graph(config.network, count), count, {}, {}};
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    const Shape shape = batch_shape(input.sample_shape, count);
    auto& values = rows.emplace_back(static_cast<std::size_t>(elements(shape)));
    gather_batch(train.inputs[i], input.standardizer.mean.empty() ? nullptr : &input.standardizer,
                 drawn, values.data());
    patient.fields.push_back(field_of_rows(values, shape));
  }
  patient.rows = [rows](std::uint64_t) { return rows; };
  return patient;
}

// Rows drawn anew for each draw of the weights, since the prediction is for all such rows.
Patient with_unit_normals(const RunConfig& config, const ExaminationOptions& options) {
  const std::int64_t samples = options.samples;
  Patient patient{"N(0, 1)", config.network, build_graph(config.network, samples), samples, {}, {}};
  for (const auto& [name, sample] : config.network.inputs) {
    patient.fields.push_back(unit_normal_field(batch_shape(sample, samples)));
  }
  patient.rows = [inputs = config.network.inputs, samples](std::uint64_t seed) {
    InputRows rows;
    for (const auto& [name, sample] : inputs) {
      rows.push_back(
          unit_normals(random_key(seed, "doctor", name),
                       static_cast<std::size_t>(elements(batch_shape(sample, samples)))));
    }
    return rows;
  };
  return patient;
}

// Mean and standard error of one number over the draws.
struct Average {
  double mean = 0, error = 0;
};

template <class Number>
Average average_over(const std::vector<std::vector<NamedMoments>>& draws, std::size_t layer,
                     Number number) {
  const double count = static_cast<double>(draws.size());
  double sum = 0, squares = 0;
  for (const auto& layers : draws) {
    const double value = number(layers[layer].moments);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean) * count / (count - 1);
  return {mean, count > 1 ? std::sqrt(variance / count) : std::numeric_limits<double>::infinity()};
}

void compare(const std::vector<std::vector<NamedMoments>>& draws, std::size_t index,
             double layers_behind, LayerExamination& layer) {
  const Average mean = average_over(draws, index, [](const SignalMoments& m) { return m.mean; });
  const Average variance =
      average_over(draws, index, [](const SignalMoments& m) { return m.variance; });
  const Average unit =
      average_over(draws, index, [](const SignalMoments& m) { return m.unit_mean_deviation; });
  const Average log_gradient = average_over(
      draws, index, [](const SignalMoments& m) { return std::log(m.gradient_second_moment); });
  layer.measured = {mean.mean, variance.mean, unit.mean, std::exp(log_gradient.mean)};
  layer.standard_error = {mean.error, variance.error, unit.error, log_gradient.error};
  // Written so that what is not a number counts as off, unless it is the same on both sides: no
  // gradient at all, or a logarithm of 0.
  const auto off = [](double predicted, const Average& got, double promise) {
    const bool same = predicted == got.mean || (std::isnan(predicted) && std::isnan(got.mean));
    return !same && !(std::abs(predicted - got.mean) <= std::max(promise, 3 * got.error));
  };
  layer.missed =
      off(layer.predicted.mean, mean, 0.05 * std::sqrt(variance.mean)) ||
      off(layer.predicted.variance, variance, 0.1 * variance.mean) ||
      off(std::log(layer.predicted.gradient_second_moment), log_gradient, 0.02 * layers_behind);
}

}  // namespace

Examination examine(const RunConfig& config, const ExaminationOptions& options) {
  check("samples", options.samples, 2);
  check("draws", options.draws, 0);
  const Patient patient =
      config.data.source.empty() ? with_unit_normals(config, options) : with_data(config, options);
  Examination examination{patient.input, patient.samples, {}};
  for (const NamedMoments& layer :
       summarize(patient.graph, predict_signals(patient.graph, patient.fields), patient.samples)) {
    examination.layers.push_back({layer.name, layer.op, layer.moments, {}, {}});
  }
  if (options.draws == 0) return examination;
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(options.draws));
  std::iota(seeds.begin(), seeds.end(), options.seed);
  const auto draws = measure(patient.network, patient.rows, patient.samples, seeds);
  for (std::size_t i = 0; i < examination.layers.size(); ++i) {
    compare(draws, i, static_cast<double>(examination.layers.size() - i), examination.layers[i]);
  }
  return examination;
}

}  // namespace selfnorm
