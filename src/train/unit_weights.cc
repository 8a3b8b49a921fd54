#include "train/unit_weights.h"

#include <cmath>
#include <cstddef>

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
  for (std::int64_t i = 0; i < all; ++i) {
    Unit& unit = sums[static_cast<std::size_t>(i / inner % units)];
    const double value = w[i];
    unit.sum += value, unit.squares += value * value;
  }
  // A unit of a transposed convolution sums a share of its weights at once.
  const double share = parameter.fan_in * static_cast<double>(units) / static_cast<double>(all);
  for (Unit& unit : sums) unit.sum *= share, unit.squares *= share;
  return sums;
}

UnitWeights summary(const Parameter& parameter, const std::vector<Unit>& units) {
  const double count = static_cast<double>(units.size());
  UnitWeights layer{parameter.owner, 0, 0, 0, 0};
  for (const Unit& unit : units) {
    layer.omega += unit.sum / count;
    layer.tau += unit.squares / count;
  }
  for (const Unit& unit : units) {
    layer.omega_deviation += (unit.sum - layer.omega) * (unit.sum - layer.omega) / count;
    layer.tau_deviation += (unit.squares - layer.tau) * (unit.squares - layer.tau) / count;
  }
  layer.omega_deviation = std::sqrt(layer.omega_deviation);
  layer.tau_deviation = std::sqrt(layer.tau_deviation);
  return layer;
}

}  // namespace

std::vector<UnitWeights> unit_weights(const Graph& graph, const Weights& weights) {
  std::vector<UnitWeights> layers;
  for (const Parameter& parameter : graph.parameters) {
    const Value& value = graph.value(parameter.value);
    if (value.role != Role::parameter || value.shape.size() < 2) continue;
    if (parameter.unit_axis == kNoUnits) continue;
    const WeightEntry& entry = *weights.find(value.name);
    layers.push_back(
        summary(parameter, units_of(parameter, value.shape, weights.data() + entry.offset)));
  }
  return layers;
}

}  // namespace selfnorm
