// SPDX-License-Identifier: Apache-2.0
#include "passes/width_fluctuation.h"

#include <algorithm>
#include <cmath>

namespace selfnorm {
namespace {

// Returns the average relative variance of the elements of a field.
double element_variance_of(const MomentField& x) {
  double variances = 0, means = 0;
  for (std::size_t e = 0; e < x.mean.size(); ++e) {
    variances += x.variance(e);
    means += x.mean[e] * x.mean[e];
  }
  return means > 0 ? variances / means : 0;
}

// Returns the variance of the batch mean of these squares. Their scale has the relative variance
// `spread` over units.
double variance_of_squares(MomentField squares, double spread, std::int64_t samples) {
  if (spread > 0) {
    for (double& square : squares.square) square *= 1 + spread;
    for (auto& products : squares.products) {
      for (double& product : products) product *= 1 + spread;
    }
  }
  return variance_of_batch_mean(squares, samples);
}

Response scale_response(double factor, const Response& response) {
  return {factor * response.value, factor * response.slope, factor * response.half_curvature};
}

}  // namespace

Response fit_response(double value, double up, double down) {
  const double u = std::expm1(kLogStep), d = std::expm1(-kLogStep);
  const double slope = ((up - value) * d * d - (down - value) * u * u) / (u * d * d - d * u * u);
  return {value, slope, ((up - value) - slope * u) / (u * u)};
}

void compute_responses(WidthFluctuation& y, const MomentField& subset, const MomentField& field) {
  const FieldAverage plain = field_average(subset), up = field_average(y.up->field()),
                     down = field_average(y.down->field()), all = field_average(field);
  y.mean = fit_response(plain.mean, up.mean, down.mean);
  y.square = scale_response(ratio_or_zero(all.square, plain.square),
                            fit_response(plain.square, up.square, down.square));
  y.variance = scale_response(ratio_or_zero(all.variance(), plain.variance()),
                              fit_response(plain.variance(), up.variance(), down.variance()));
  constexpr double kNormalized = 0.02;  // a smaller response is only due to an epsilon
  if (std::abs(y.square.slope) < kNormalized * all.square) y.inherits_noise = true;
}

void compute_own_noise(WidthFluctuation& y, const MomentField& field, std::int64_t samples) {
  const FieldAverage all = field_average(field);
  // Returns the variance of the average of (x − center)² that is due to the value's own units.
  const auto noise = [&](double center, double square, const Response& response) {
    const MomentField squares = y.distribution ? moments_of_square(*y.distribution, center)
                                               : moments_of_square(field, center);
    const double own = variance_of_squares(squares, y.unit_spread, samples);
    const double made = (own + 2 * y.pairs.variance() * square * square) / y.units;
    return std::max(0.0, made - y.preserved.square * response.slope * response.slope);
  };
  y.own_pairs = std::max(0.0, 1 - y.preserved.pairs) / y.units;
  y.own_mean = variance_of_batch_mean(field, samples) / y.units;
  // If the distribution of the units is not known, as after max pooling, their mean grows with
  // their scale.
  const double by_scale = y.mean.slope * y.mean.slope * y.unit_scale;
  if (!y.distribution) y.own_mean = std::max(y.own_mean, by_scale);
  y.own_variance = noise(all.mean, all.variance(), y.variance);
  y.own_square = ratio_or_zero(noise(0, all.square, y.square), all.square * all.square);
  const double slope = ratio_or_zero(y.square.slope, all.square);
  const double element = element_variance_of(y.distribution ? moments_of_square(*y.distribution, 0)
                                                            : moments_of_square(field, 0));
  y.own_element = std::max(0.0, element / y.units - y.preserved.element * slope * slope);
}

void inherit_noise(const WidthFluctuation& x, const MomentField& input, double fraction,
                   WidthFluctuation& y, const MomentField& output) {
  const auto growth = [&](const Response& to, const Response& from) {
    return fraction * ratio_or_zero(to.slope, from.slope);
  };
  const double before = mean_second_moment(input), after = mean_second_moment(output);
  const double scale = growth(y.square, x.square), relative = scale * ratio_or_zero(before, after);
  y.own_square += x.own_square * relative * relative;
  y.own_element += x.own_element * relative * relative;
  y.own_variance += x.own_variance * std::pow(growth(y.variance, x.variance), 2);
  y.own_mean += x.own_mean * std::abs(scale);  // squares grow like squared means
  y.own_pairs += x.own_pairs * fraction * fraction;
}

Fluctuation fluctuation_of(const WidthFluctuation& x) {
  const double noise = std::expm1(x.noise.variance());  // layers multiply: lognormal
  const auto spread = [&](double own, const Response& response) {
    return std::sqrt(own + response.slope * response.slope * noise);
  };
  const auto shift = [&](const Response& response) {
    return response.slope * x.shift + response.half_curvature * x.element.variance();
  };
  Fluctuation out;
  out.mean = spread(x.own_mean, x.mean);
  out.variance = spread(x.own_variance, x.variance);
  out.mean_shift = shift(x.mean);
  out.variance_shift = shift(x.variance);
  return out;
}

bool has_drawn_weights(const Graph& graph, const Node& node, const WeightMoments& weights) {
  return weights.variance > 0 && std::ranges::any_of(node.inputs, [&](ValueId input) {
           return graph.value(input).role == Role::parameter;
         });
}

double window_taps(const Graph& graph, const Node& node) {
  double taps = 1;
  for (const ValueId input : node.inputs) {
    const Value& value = graph.value(input);
    if (value.role != Role::parameter) continue;
    for (std::size_t axis = 2; axis < value.shape.size(); ++axis) {
      taps *= static_cast<double>(value.shape[axis]);
    }
  }
  return taps;
}

double channels_per_group(const Graph& graph, const Node& node) {
  const Shape& input = graph.value(node.inputs[0]).shape;
  for (const Parameter& parameter : graph.parameters) {
    const Shape& shape = graph.value(parameter.value).shape;
    const bool is_window = shape.size() > 2 && parameter.unit_axis == 0;
    const bool is_own = std::ranges::find(node.inputs, parameter.value) != node.inputs.end();
    if (is_window && is_own && shape[1] < input[1]) return static_cast<double>(shape[1]);
  }
  return 0;
}

// Lengths are kept by a matrix, or by windows over all channels, with one output per row.
PreservedFractions preserved_fractions(const Graph& graph,
                                       const std::vector<InitializerMoments>& parameter_moments,
                                       const Node& node) {
  PreservedFractions preserved;
  for (const Parameter& parameter : graph.parameters) {
    const Shape& shape = graph.value(parameter.value).shape;
    if (std::ranges::find(node.inputs, parameter.value) == node.inputs.end()) continue;
    if (shape.size() < 2 || parameter.unit_axis != 0) continue;
    const Shape& input = graph.value(node.inputs[0]).shape;
    if (shape[1] != (shape.size() == 2 ? input.back() : input[1])) continue;
    const InitializerMoments& distribution =
        parameter_moments[static_cast<std::size_t>(parameter.value)];
    preserved = {distribution.preserved,
                 shape.size() == 2 ? distribution.preserved_backward : 0};  // windows overlap
  }
  return preserved;
}

double pairs_preserved_by_windows(const Graph& graph, const Node& node, const MomentField& x) {
  const double taps = window_taps(graph, node);
  double squares = 0, count = 0;
  for (const Link link : {Link::right, Link::below}) {
    if (link == Link::below && x.extent.height == 1) continue;  // a longer step in a sequence
    for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
      if (linked_element(x.extent, e, link) < 0) continue;
      squares += std::pow(correlation(x, e, link), 2);
      ++count;
    }
  }
  const double neighbors = count > 0 ? squares / count : 1;
  return (1 + (taps - 1) * neighbors) / taps;
}

double channels_of(const Graph& graph, ValueId value, const MomentField& x) {
  const Shape& shape = graph.value(value).shape;
  return static_cast<double>(elements(shape)) /
         static_cast<double>(shape[0] * x.extent.positions());
}

}  // namespace selfnorm
