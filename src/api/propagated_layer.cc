// SPDX-License-Identifier: Apache-2.0
#include "api/propagated_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace selfnorm {
namespace {

struct RowMoments {
  double mean, standard_deviation;
};

RowMoments moments_of(std::span<const float> row) {
  const auto count = static_cast<double>(row.size());
  double sum = 0, squares = 0;
  for (const float value : row) sum += value;
  const double mean = sum / count;
  for (const float value : row) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / count)};
}

}  // namespace

PropagatedLayer measure_rows(std::int64_t number, std::span<const float> values,
                             std::int64_t width) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  PropagatedLayer layer{number, kInfinity, -kInfinity, kInfinity, -kInfinity};
  const auto columns = static_cast<std::size_t>(width);
  const std::size_t row_count = values.size() / columns;
  const auto rows = static_cast<double>(row_count);
  double squares = 0;
  for (std::size_t at = 0; at < values.size(); at += columns) {
    const RowMoments row = moments_of(values.subspan(at, columns));
    layer.mean_min = std::min(layer.mean_min, row.mean);
    layer.mean_max = std::max(layer.mean_max, row.mean);
    layer.std_min = std::min(layer.std_min, row.standard_deviation);
    layer.std_max = std::max(layer.std_max, row.standard_deviation);
    layer.mean += row.mean / rows;
    layer.std += row.standard_deviation / rows;
    squares += row.standard_deviation * row.standard_deviation / rows;
  }
  layer.std_spread = std::sqrt(std::max(0.0, squares - layer.std * layer.std));
  if (!std::isfinite(layer.std)) {  // after an overflow, there are no extremes and no spread
    layer.mean_min = layer.mean_max = layer.std_min = layer.std_max = layer.std_spread = kUnknown;
  }
  layer.predicted_mean = layer.predicted_std = kUnknown;
  layer.gradient_second_moment = layer.predicted_gradient_second_moment = kUnknown;
  return layer;
}

double mean_square(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum / static_cast<double>(values.size());
}

WeightSums sum_weights(std::span<const float> weights, std::int64_t inputs) {
  const auto columns = static_cast<std::size_t>(inputs);
  const std::size_t unit_count = weights.size() / columns;
  const auto units = static_cast<double>(unit_count);
  WeightSums sums;
  sums.units_per_input = units / static_cast<double>(inputs);
  double omega_square = 0;
  const auto first = weights.first(columns);
  sums.has_identical_units = units > 1;
  for (std::size_t at = 0; at < weights.size(); at += columns) {
    double sum = 0;
    const auto unit = weights.subspan(at, columns);
    for (const float w : unit) sum += w;
    sums.has_identical_units = sums.has_identical_units && std::ranges::equal(unit, first);
    sums.omega += sum / units;
    omega_square += sum * sum / units;
  }
  sums.omega_variance = omega_square - sums.omega * sums.omega;
  sums.tau = mean_square(weights) * static_cast<double>(inputs);
  sums.has_identical_units = sums.has_identical_units && sums.tau > 0;
  return sums;
}

Gaussian pre_activation_of(const Moments& inputs, const WeightSums& weights) {
  return {inputs.mean * weights.omega,
          inputs.variance * weights.tau + inputs.mean * inputs.mean * weights.omega_variance};
}

NotebookDropout::NotebookDropout(double rate, RandomKey key)
    : keep_probability_(1 - rate), affine_(alpha_dropout_affine(rate, 0, 1)), key_(key) {}

void NotebookDropout::forward(std::span<float> values) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double m = mask(i);
    values[i] = static_cast<float>(affine_.a * (m * values[i] + (1 - m) * kAlphaPrime) + affine_.b);
  }
}

void NotebookDropout::backward(std::span<float> gradients) const {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    gradients[i] = static_cast<float>(affine_.a * mask(i) * gradients[i]);
  }
}

// A kept element becomes x/q + (1 − 1/q)·α′.
Moments NotebookDropout::moments_after(const Moments& x) const {
  const double kept_mean = x.mean / keep_probability_ + (1 - 1 / keep_probability_) * kAlphaPrime;
  const double kept_square =
      x.variance / (keep_probability_ * keep_probability_) + kept_mean * kept_mean;
  const double mean = keep_probability_ * kept_mean + (1 - keep_probability_) * kAlphaPrime;
  const double square =
      keep_probability_ * kept_square + (1 - keep_probability_) * kAlphaPrime * kAlphaPrime;
  return {affine_.a * mean + affine_.b, affine_.a * affine_.a * (square - mean * mean)};
}

}  // namespace selfnorm
