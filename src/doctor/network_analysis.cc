// SPDX-License-Identifier: Apache-2.0
#include "doctor/network_analysis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "ops/table.h"
#include "passes/initializers.h"

namespace selfnorm {

NetworkAnalysis::NetworkAnalysis(const Graph& graph, const PredictedSignals& signals,
                                 const std::vector<std::optional<InferenceShift>>& shifts,
                                 bool is_input_unstandardized,
                                 const std::optional<TrainingGoal>& goal,
                                 const std::vector<EpochRecord>& trained)
    : graph_(graph),
      signals_(signals),
      has_unstandardized_input_(is_input_unstandardized),
      goal_(goal),
      trained_(trained),
      initializer_moments_(initial_parameter_moments(graph)),
      averages_(graph.values.size()),
      gradients_(graph.values.size(), std::numeric_limits<double>::quiet_NaN()),
      producers_(graph.values.size(), nullptr),
      first_readers_(first_readers(graph)),
      readers_(graph.values.size()),
      parameters_(graph.values.size(), nullptr),
      feeds_weights_(graph.values.size(), false) {
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (const auto& forward = signals.forward[i]) averages_[i] = field_average(forward->field());
    if (const auto& gradient = signals.gradients[i]) {
      gradients_[i] = mean_second_moment(gradient->field());
    }
  }
  for (const ValueId output : graph.outputs) {
    if (shifts.empty() || !shifts[index(output)]) continue;
    output_amplification_ =
        std::max(output_amplification_.value_or(0), shifts[index(output)]->amplification);
  }
  for (const Parameter& parameter : graph.parameters)
    parameters_[index(parameter.value)] = &parameter;
  for (const Node& node : graph.nodes) {
    for (const ValueId output : node.outputs) producers_[index(output)] = &node;
    for (const ValueId input : signal_inputs(node)) readers_[index(input)].push_back(&node);
  }
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool feeds = weights(*node) != nullptr || feeds_weights(*node);
    for (const ValueId input : signal_inputs(*node)) {
      if (feeds) feeds_weights_[index(input)] = true;
    }
  }
  const auto hidden = std::ranges::find_if(graph.nodes, [&](const Node& node) {
    return feeds_weights(node) && is_self_normalizing(node);
  });
  if (hidden != graph.nodes.end()) self_normalizing_ = &*hidden;
}

const Parameter* NetworkAnalysis::weights(const Node& node) const {
  for (const ValueId input : node.inputs) {
    const Value& value = graph_.value(input);
    if (value.role != Role::parameter || value.shape.size() < 2) continue;
    const Parameter* parameter = parameters_[index(input)];
    if (parameter->unit_axis != kNoUnits) return parameter;
  }
  return nullptr;
}

std::vector<ValueId> NetworkAnalysis::signal_inputs(const Node& node) const {
  std::vector<ValueId> inputs;
  for (const ValueId input : node.inputs) {
    if (parameters_[index(input)] == nullptr) inputs.push_back(input);
  }
  return inputs;
}

std::vector<const Node*> NetworkAnalysis::producers_before(ValueId value) const {
  std::vector<const Node*> found, waiting = {producer(value)};
  std::set<const Node*> seen;
  while (!waiting.empty()) {
    const Node* node = waiting.back();
    waiting.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    if (row_of(*node).traits.normalizes) continue;
    if (weights(*node) != nullptr || rule_of(row_of(*node).moments) != nullptr) {
      found.push_back(node);
      continue;
    }
    for (const ValueId input : signal_inputs(*node)) waiting.push_back(producer(input));
  }
  return found;
}

std::vector<const Node*> NetworkAnalysis::activations_before(ValueId value) const {
  std::vector<const Node*> found = producers_before(value);
  std::erase_if(found, [&](const Node* node) { return weights(*node) != nullptr; });
  return found;
}

const Node* NetworkAnalysis::next_activation(const Node& node) const {
  return selfnorm::next_activation(graph_, first_readers_, node);
}

bool NetworkAnalysis::is_self_normalizing(const Node& activation) const {
  if (rule_of(row_of(activation).moments) == nullptr) return false;
  const LayerMap map = layer_map(moment_rule(activation), {0, 1}, {0, 1, true});
  constexpr double kClose = 1e-6;  // so that constants rounded to a few digits count too
  return std::abs(map.outputs.mean) < kClose && std::abs(map.outputs.variance - 1) < kClose &&
         map.d_variance_d_nu > 0 && map.d_variance_d_nu < 1;
}

MomentRule moment_rule(const Node& activation) {
  return (*rule_of(row_of(activation).moments))(activation.attributes);
}

}  // namespace selfnorm
