// SPDX-License-Identifier: Apache-2.0
#include "train/output_line.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "data/gather.h"
#include "ops/table.h"
#include "passes/inference_shifts.h"
#include "passes/views.h"
#include "train/evaluator.h"

namespace selfnorm {
namespace {

// The dense layer that computes the output, up to affine maps factor·x + shift of each output.
struct LastDense {
  std::string weight, bias;
  std::vector<double> factors, shifts;

  // Puts a map before those that are known.
  void prepend(std::size_t output, double factor, double shift) {
    shifts[output] += factors[output] * shift;
    factors[output] *= factor;
  }
};

std::vector<double> numbers_of(const Node& node, const char* name, std::size_t count) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return std::vector<double>(count, 0);
  auto numbers = std::get<std::vector<double>>(found->second);
  if (numbers.empty()) numbers.assign(count, 0);
  return numbers;
}

// Repeats a list until it has `count` numbers.
void repeat(std::vector<double>& numbers, std::size_t count) {
  const std::size_t period = numbers.size();
  for (std::size_t i = period; i < count; ++i) numbers.push_back(numbers[i - period]);
}

std::optional<LastDense> last_dense(const Graph& graph) {
  LastDense last;
  ValueId value = graph.outputs.size() == 1 ? graph.outputs[0] : kNoValue;
  if (value == kNoValue) return std::nullopt;
  auto width = static_cast<std::size_t>(graph.value(value).shape.back());
  last.factors.assign(width, 1);
  last.shifts.assign(width, 0);
  for (;;) {
    const Node* node = find_producer(graph, value);
    if (node == nullptr) return std::nullopt;
    const Traits& traits = row_of(*node).traits;
    if (traits.averages_members) {  // the same line for each member is that line for their mean
      value = node->inputs[0];
      width = static_cast<std::size_t>(graph.value(value).shape.back());
      repeat(last.factors, width);
      repeat(last.shifts, width);
      continue;
    }
    if (traits.is_affine) {
      for (std::size_t i = 0; i < width; ++i) {
        last.prepend(i, std::get<double>(node->attributes.at("factor")),
                     std::get<double>(node->attributes.at("shift")));
      }
      value = node->inputs[0];
      continue;
    }
    if (traits.is_affine_by_feature) {
      const auto factors = numbers_of(*node, "factors", width);
      const auto shifts = numbers_of(*node, "shifts", width);
      for (std::size_t i = 0; i < width; ++i) last.prepend(i, factors[i], shifts[i]);
      value = node->inputs[0];
      continue;
    }
    // Weights of one row per output, and a bias.
    const bool has_bias = traits.accepts_any_feature_order && node->inputs.size() > 2;
    if (!has_bias || graph.value(value).shape.size() != 2 ||
        std::ranges::count(last.factors, 0) > 0) {
      return std::nullopt;
    }
    const std::vector<int> uses = count_uses(graph);
    const auto is_own = [&](ValueId id) { return uses[static_cast<std::size_t>(id)] == 1; };
    if (!is_own(node->inputs[1]) || !is_own(node->inputs[2])) return std::nullopt;
    last.weight = graph.value(node->inputs[1]).name;
    last.bias = graph.value(node->inputs[2]).name;
    return last;
  }
}

// The sums over the rows with a target. Differences are from the means.
struct LineSums {
  double count = 0, x_mean = 0, y_mean = 0, covariance = 0, x_variance = 0, y_variance = 0;
  double largest_x = 0, largest_y = 0;

  // Whether the numbers vary by more than the rounding of a float.
  static bool varies(double sum_of_squares, double count, double largest) {
    const double rounding = std::numeric_limits<float>::epsilon() * largest;
    return sum_of_squares > count * rounding * rounding;
  }
  bool has_line() const {
    return count >= 2 && varies(x_variance, count, largest_x) &&
           varies(y_variance, count, largest_y) && covariance > 0;
  }
};

OutputLine least_squares_line(std::span<const float> x, std::span<const float> y, std::size_t first,
                              std::size_t width) {
  LineSums sums;
  const auto for_each_present = [&](auto body) {
    for (std::size_t i = first; i < x.size(); i += width) {
      if (std::isfinite(y[i])) body(x[i], y[i]);
    }
  };
  for_each_present([&](double a, double b) {
    sums.count += 1, sums.x_mean += a, sums.y_mean += b;
    sums.largest_x = std::max(sums.largest_x, std::abs(a));
    sums.largest_y = std::max(sums.largest_y, std::abs(b));
  });
  sums.x_mean /= std::max(sums.count, 1.0), sums.y_mean /= std::max(sums.count, 1.0);
  for_each_present([&](double a, double b) {
    sums.covariance += (a - sums.x_mean) * (b - sums.y_mean);
    sums.x_variance += (a - sums.x_mean) * (a - sums.x_mean);
    sums.y_variance += (b - sums.y_mean) * (b - sums.y_mean);
  });
  if (!sums.has_line()) return {};
  const double slope = sums.covariance / sums.x_variance;
  return {slope, sums.y_mean - slope * sums.x_mean};
}

// Changes the last dense layer so that each output x becomes slope·x + offset.
void fold(const std::vector<OutputLine>& lines, TrainedModel& model) {
  const LastDense last = *last_dense(build_engine_graph(model.network, 1));
  const WeightEntry& weight = *model.weights.find(last.weight);
  const WeightEntry& bias = *model.weights.find(last.bias);
  std::vector<float> w = model.weights.get(weight), b = model.weights.get(bias);
  const std::size_t features = w.size() / b.size();
  for (std::size_t unit = 0; unit < b.size(); ++unit) {
    const OutputLine& line = lines[unit % lines.size()];
    for (std::size_t k = unit * features; k < (unit + 1) * features; ++k) {
      w[k] = static_cast<float>(line.slope * w[k]);
    }
    // slope·(factor·z + shift) + offset = factor·z′ + shift, with slope·w in z′.
    const double factor = last.factors[unit], shift = last.shifts[unit];
    const double moved = (line.slope * shift + line.offset - shift) / factor;
    b[unit] = static_cast<float>(line.slope * b[unit] + moved);
  }
  model.weights.set(weight, w);
  model.weights.set(bias, b);
}

}  // namespace

bool has_own_last_layer(const TrainedModel& model) {
  return last_dense(build_engine_graph(model.network, 1)).has_value();
}

void apply_output_lines(const std::vector<OutputLine>& lines, TrainedModel& model) {
  fold(lines, model);
  model.output_lines = lines;
}

bool can_refit_output(const TrainedModel& model) {
  if (model.objective.loss != "mean_squared_error") return false;
  const Graph graph = build_engine_graph(model.network, 1);
  return has_active_dropout(graph) && last_dense(graph).has_value();
}

void refit_output(TrainedModel& model, const Dataset& data, std::span<const std::int64_t> rows) {
  constexpr std::size_t kMostRows = 20'000;
  const std::vector<std::int64_t> used = evenly_spaced_rows(rows, kMostRows);
  Evaluator evaluator(model, {});
  const std::vector<float> predicted = evaluator.outputs(data, used);
  const auto width = static_cast<std::size_t>(evaluator.output_width());
  std::vector<float> targets;
  for (const std::int64_t row : used) {
    const auto at = data.targets.values.begin() + row * static_cast<std::ptrdiff_t>(width);
    targets.insert(targets.end(), at, at + static_cast<std::ptrdiff_t>(width));
  }
  std::vector<OutputLine> lines;
  for (std::size_t unit = 0; unit < width; ++unit)
    lines.push_back(least_squares_line(predicted, targets, unit, width));
  apply_output_lines(lines, model);
}

void undo_output_lines(TrainedModel& model) {
  if (model.output_lines.empty()) return;
  std::vector<OutputLine> inverse;
  for (const OutputLine& line : model.output_lines) {
    inverse.push_back({1 / line.slope, -line.offset / line.slope});
  }
  fold(inverse, model);
  model.output_lines.clear();
}

}  // namespace selfnorm
