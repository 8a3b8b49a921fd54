// SPDX-License-Identifier: Apache-2.0
// Findings about the output of the network and the loss that reads it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "doctor/findings.h"
#include "ops/output_range.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// An activation after the last weights, and the map factor·x + shift from it to the output. There
// is one map for each feature.
struct LastActivation {
  const Node* node = nullptr;
  std::vector<double> factors, shifts;
  bool is_scaled = false;  ///< whether there is a map that a layer computes

  // Puts a map before those that are known.
  void prepend(std::size_t feature, double factor, double shift) {
    shifts[feature] += factors[feature] * shift;
    factors[feature] *= factor;
    is_scaled = true;
  }
};

void prepend_scale(const Node& node, LastActivation& last) {
  for (std::size_t i = 0; i < last.factors.size(); ++i) {
    last.prepend(i, std::get<double>(node.attributes.at("factor")),
                 std::get<double>(node.attributes.at("shift")));
  }
}

// Returns whether the maps of this node are for the features of the output.
bool prepend_scales_of_features(const Node& node, LastActivation& last) {
  const auto factors = std::get<std::vector<double>>(node.attributes.at("factors"));
  auto shifts = std::get<std::vector<double>>(node.attributes.at("shifts"));
  if (shifts.empty()) shifts.assign(factors.size(), 0);
  if (factors.size() != last.factors.size()) return false;
  for (std::size_t i = 0; i < factors.size(); ++i) last.prepend(i, factors[i], shifts[i]);
  return true;
}

bool keeps_elements(const Node& node) {
  const OpRow& row = row_of(node);
  return row.traits.reshapes || row.traits.is_view || *row.category == Category::dropout;
}

std::optional<LastActivation> last_activation(const NetworkAnalysis& analysis) {
  const ValueId output = analysis.graph().outputs[0];
  const auto features = static_cast<std::size_t>(analysis.graph().value(output).shape.at(1));
  LastActivation last{nullptr, std::vector<double>(features, 1), std::vector<double>(features, 0)};
  const Node* node = analysis.producer(output);
  while (node != nullptr && *row_of(*node).category != Category::activation) {
    const Traits& traits = row_of(*node).traits;
    if (traits.is_affine) prepend_scale(*node, last);
    else if (traits.is_affine_by_feature) {
      if (!prepend_scales_of_features(*node, last)) return std::nullopt;
    } else if (!keeps_elements(*node)) return std::nullopt;
    node = analysis.producer(node->inputs[0]);
  }
  if (node == nullptr) return std::nullopt;
  last.node = node;
  return last;
}

// Returns the range of a feature of the network's output.
OutputRange mapped_range(const LastActivation& last, std::size_t feature) {
  const double factor = last.factors[feature], shift = last.shifts[feature];
  if (factor == 0) return {shift, shift};
  const OutputRange x = output_range(*last.node);
  const double one = factor * x.low + shift, other = factor * x.high + shift;
  return {std::min(one, other), std::max(one, other)};
}

// Returns the range of all features.
OutputRange widest_range(const LastActivation& last) {
  OutputRange widest = mapped_range(last, 0);
  for (std::size_t i = 1; i < last.factors.size(); ++i) {
    const OutputRange range = mapped_range(last, i);
    widest.low = std::min(widest.low, range.low);
    widest.high = std::max(widest.high, range.high);
  }
  return widest;
}

// ---- probabilities ----------------------------------------------------------------------------

OutputRange sigmoid_range(const OutputRange& x) {
  return {1 / (1 + std::exp(-x.low)), 1 / (1 + std::exp(-x.high))};
}

// Returns the range of the probability of one class.
OutputRange softmax_range(const OutputRange& x, std::size_t classes) {
  const double spread = x.high - x.low, others = static_cast<double>(classes - 1);
  return {1 / (1 + others * std::exp(spread)), 1 / (1 + others * std::exp(-spread))};
}

std::string limits_text(const OutputRange& probabilities) {
  const std::string low = fmt::format("below {:.4g}", probabilities.low),
                    high = fmt::format("above {:.4g}", probabilities.high);
  if (probabilities.low <= 0) return high;
  return probabilities.high >= 1 ? low : low + " or " + high;
}

// A loss of probabilities computes them from numbers of either sign and any size.
std::vector<LayerFinding> find_limited_probabilities(const Objective& objective,
                                                     const LastActivation& last) {
  const bool is_softmax = is_classification(objective.targets);
  const std::size_t features = last.factors.size();
  if (is_softmax && features < 2) return {};
  const OutputRange output = widest_range(last);
  const OutputRange reachable =
      is_softmax ? softmax_range(output, features) : sigmoid_range(output);
  const double width = reachable.high - reachable.low;
  if (last.is_scaled && !is_off_target(width)) return {};  // the user chose these limits
  const std::string effect = width < 1
                                 ? fmt::format("no probability can be {}", limits_text(reachable))
                                 : "the numbers of one sign are bent or cut off";
  return {{last.node->name,
           width,
           severity_of(width),
           fmt::format("after {}, {}, since the loss itself applies the {} to the output",
                       last.node->op, effect, objective.prediction),
           {{last.node->name}},
           "; predictions are probabilities without it"}};
}

// ---- values -----------------------------------------------------------------------------------

std::string range_text(const OutputRange& range) {
  if (std::isinf(range.low)) return fmt::format("numbers up to {:.4g}", range.high);
  if (std::isinf(range.high)) return fmt::format("numbers from {:.4g}", range.low);
  return fmt::format("numbers from {:.4g} to {:.4g}", range.low, range.high);
}

// Returns the range of predictions, which a loss may compute from the output.
OutputRange predicted_range(const Objective& objective, const OutputRange& output) {
  if (objective.prediction.empty()) return output;
  const float ends[] = {static_cast<float>(output.low), static_cast<float>(output.high)};
  const std::vector<float> predictions = predicted_values(objective, ends);
  return {predictions[0], predictions[1]};
}

// Returns the fraction of the targets that are present which the output can reach.
double reachable_fraction(const TrainingGoal& goal, const LastActivation& last) {
  constexpr double kRounding = 1e-4;  // accuracy of the range
  const auto width = static_cast<std::size_t>(goal.targets->width);
  const std::size_t features = last.factors.size(), positions = width / features;
  std::vector<OutputRange> ranges;
  for (std::size_t i = 0; i < features; ++i) {
    ranges.push_back(predicted_range(goal.objective, mapped_range(last, i)));
  }
  double present = 0, reachable = 0;
  for (const std::int64_t row : goal.rows) {
    const float* targets = goal.targets->values.data() + row * goal.targets->width;
    for (std::size_t i = 0; i < width; ++i) {
      if (std::isnan(targets[i])) continue;
      const OutputRange& range = ranges[i / positions];
      const double margin = kRounding * std::max(1.0, std::abs(static_cast<double>(targets[i])));
      present += 1;
      reachable += targets[i] >= range.low - margin && targets[i] <= range.high + margin;
    }
  }
  return present > 0 ? reachable / present : 1;
}

std::vector<LayerFinding> find_unreachable_targets(const TrainingGoal& goal,
                                                   const LastActivation& last) {
  const auto features = static_cast<std::int64_t>(last.factors.size());
  if (goal.targets == nullptr || goal.targets->width % features != 0) return {};
  const double reachable = reachable_fraction(goal, last);
  if (reachable == 1) return {};
  return {{last.node->name,
           reachable,
           severity_of(reachable),
           fmt::format("the {} are {}, but {:.3g} % of the targets are outside",
                       goal.objective.prediction.empty() ? "outputs" : "predictions",
                       range_text(predicted_range(goal.objective, widest_range(last))),
                       100 * (1 - reachable)),
           {{last.node->name}}}};
}

}  // namespace

std::vector<LayerFinding> find_activation_before_loss(const NetworkAnalysis& analysis) {
  const std::optional<TrainingGoal>& goal = analysis.goal();
  if (!goal) return {};
  const std::optional<LastActivation> last = last_activation(analysis);
  if (!last) return {};
  return goal->objective.targets == TargetKind::values
             ? find_unreachable_targets(*goal, *last)
             : find_limited_probabilities(goal->objective, *last);
}

}  // namespace selfnorm
