// SPDX-License-Identifier: Apache-2.0
#include "train/temperature.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/index.h"
#include "data/gather.h"
#include "train/evaluator.h"
#include "train/output_line.h"

namespace selfnorm {
namespace {

// Returns −log softmax(scale·row) at the label.
double cross_entropy(std::span<const float> row, std::size_t label, double scale) {
  const auto logit = [&](float x) { return scale * static_cast<double>(x); };
  const double largest = logit(*std::ranges::max_element(row));
  double sum = 0;
  for (const float x : row) sum += std::exp(logit(x) - largest);
  return largest + std::log(sum) - logit(row[label]);
}

// Returns the place of the smallest value of a function with one minimum.
template <class F>
double golden_section_minimum(double low, double high, F f) {
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double left = high - ratio * (high - low), right = low + ratio * (high - low);
  double f_left = f(left), f_right = f(right);
  while (high - low > 1e-6) {
    if (f_left <= f_right) {
      high = right;
      right = std::exchange(left, high - ratio * (high - low));
      f_right = std::exchange(f_left, f(left));
    } else {
      low = left;
      left = std::exchange(right, low + ratio * (high - low));
      f_left = std::exchange(f_right, f(right));
    }
  }
  return (low + high) / 2;
}

bool can_scale(const TrainedModel& model) {
  return model.objective.targets == TargetKind::classes &&
         !model.objective.attributes.contains("class_weights") && has_own_last_layer(model);
}

}  // namespace

double fit_temperature(std::span<const float> outputs, std::int64_t classes,
                       std::span<const std::int32_t> labels) {
  constexpr double kPrior = 2, kLargestLog = 3;
  const auto width = as_index(classes);
  const auto objective = [&](double log_temperature) {
    double sum = kPrior * log_temperature * log_temperature;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] < 0) continue;
      sum += cross_entropy(outputs.subspan(i * width, width), as_index(labels[i]),
                           std::exp(-log_temperature));
    }
    return sum;
  };
  const bool has_labels =
      std::ranges::any_of(labels, [](std::int32_t label) { return label >= 0; });
  if (!has_labels) return 1;
  return std::exp(golden_section_minimum(-kLargestLog, kLargestLog, objective));
}

void scale_temperature(TrainedModel& model, const Dataset& data,
                       std::span<const std::int64_t> rows) {
  constexpr std::size_t kMostRows = 5'000;
  if (!can_scale(model) || rows.empty()) return;
  const std::vector<std::int64_t> used = evenly_spaced_rows(rows, kMostRows);
  Evaluator evaluator(model, {});
  const std::vector<float> outputs = evaluator.held_out_outputs(data, used);
  std::vector<std::int32_t> labels;
  for (const std::int64_t row : used) labels.push_back(data.targets.classes[as_index(row)]);
  const std::int64_t classes = evaluator.output_width();
  const double temperature = fit_temperature(outputs, classes, labels);
  apply_output_lines(std::vector(as_index(classes), OutputLine{1 / temperature, 0}), model);
}

std::optional<double> temperature_of(const TrainedModel& model) {
  if (model.objective.targets != TargetKind::classes || model.output_lines.empty())
    return std::nullopt;
  return 1 / model.output_lines[0].slope;
}

}  // namespace selfnorm
