// SPDX-License-Identifier: Apache-2.0
#include "train/weight_statistics.h"

#include <cmath>
#include <cstddef>
#include <map>

#include "kernels/simd/reduce.h"
#include "passes/build.h"
#include "passes/signals.h"
#include "passes/views.h"

namespace selfnorm {
namespace {

// Sum and sum of squares of one unit's weights.
struct Unit {
  double sum = 0, squares = 0;
};

std::vector<Unit> units_of(const Parameter& parameter, const Shape& shape, const float* w) {
  const std::int64_t all = elements(shape), units = shape[parameter.unit_axis];
  std::int64_t inner = 1;
  for (std::size_t axis = parameter.unit_axis + 1; axis < shape.size(); ++axis)
    inner *= shape[axis];
  std::vector<Unit> sums(static_cast<std::size_t>(units));
  for (std::int64_t block = 0; block < all / inner; ++block) {
    Unit& unit = sums[static_cast<std::size_t>(block % units)];
    for (const float* end = w + inner; w < end; ++w) {
      const double value = *w;
      unit.sum += value, unit.squares += value * value;
    }
  }
  // Each output of a transposed convolution sums only a fraction of the weights of a unit.
  const double fraction = parameter.fan_in * static_cast<double>(units) / static_cast<double>(all);
  for (Unit& unit : sums) unit.sum *= fraction, unit.squares *= fraction;
  return sums;
}

WeightStatistics summary(const std::string& layer_name, const std::vector<Unit>& units,
                         double padding_variance_fraction) {
  const double count = static_cast<double>(units.size());
  WeightStatistics layer;
  layer.layer = layer_name;
  for (const Unit& unit : units) {
    layer.omega += unit.sum / count;
    layer.tau += unit.squares / count;
  }
  for (const Unit& unit : units) {
    layer.omega_standard_deviation += (unit.sum - layer.omega) * (unit.sum - layer.omega) / count;
    layer.tau_standard_deviation += (unit.squares - layer.tau) * (unit.squares - layer.tau) / count;
    if (is_tau_out_of_range(unit.squares * padding_variance_fraction))
      layer.outside_fraction += 1 / count;
  }
  layer.omega_standard_deviation = std::sqrt(layer.omega_standard_deviation);
  layer.tau_standard_deviation = std::sqrt(layer.tau_standard_deviation);
  return layer;
}

}  // namespace

bool is_tau_out_of_range(double tau) { return !(tau >= 0.8 && tau <= 1.25); }

WeightMonitor::WeightMonitor(const Network& network) {
  const Graph graph = build_engine_graph(network, 1);
  const Graph plain = build_graph(network, 1);  // as in the doctor, with images in API order
  std::map<std::string, const Node*> nodes;
  for (const Node& node : plain.nodes) nodes[node.name] = &node;
  for (const Parameter& parameter : graph.parameters) {
    const Value& value = graph.value(parameter.value);
    if (value.role != Role::parameter || value.shape.size() < 2) continue;
    if (parameter.unit_axis == kNoUnits) continue;
    layers_.push_back(
        {parameter, value.shape, value.name,
         padding_variance_fraction(plain, *nodes.at(parameter.owner), parameter.fan_in)});
  }
}

std::vector<WeightStatistics> WeightMonitor::measure(const Weights& weights,
                                                     const float* gradients) const {
  std::vector<WeightStatistics> all;
  for (const Layer& layer : layers_) {
    const WeightEntry& entry = *weights.find(layer.name);
    const auto units = units_of(layer.weights, layer.shape, weights.data() + entry.offset);
    WeightStatistics& made =
        all.emplace_back(summary(layer.weights.owner, units, layer.padding_variance_fraction));
    if (gradients == nullptr) continue;
    made.gradient_norm = std::sqrt(kernels::sum_of_squares(gradients + entry.offset, entry.count));
  }
  return all;
}

}  // namespace selfnorm
