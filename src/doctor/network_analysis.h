// SPDX-License-Identifier: Apache-2.0
// What the doctor has before it when it looks for findings: a network's graph with what is
// predicted of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "passes/signals.h"
#include "selfnorm/theory.h"
#include "selfnorm/train.h"

namespace selfnorm {

class NetworkAnalysis {
 public:
  /// `signals` as predicted for `graph`; both outlive the chart. `raw_inputs`: whether these are
  /// data without standardization.
  /// `trained`: what training told of the weights, for findings about them.
  NetworkAnalysis(const Graph& graph, const PredictedSignals& signals, bool raw_inputs,
                  const std::vector<EpochRecord>& trained = {});

  const Graph& graph() const { return graph_; }
  bool has_raw_inputs() const { return raw_inputs_; }
  const std::vector<EpochRecord>& trained() const { return trained_; }
  /// The law that a parameter is drawn from.
  const InitializerMoments& law(const Parameter& parameter) const {
    return laws_[index(parameter.value)];
  }

  /// Averages of what is predicted of a value, and the mean square of its gradient (NaN: none).
  const FieldAverage& average(ValueId value) const { return averages_[index(value)]; }
  double gradient(ValueId value) const { return gradients_[index(value)]; }
  const MomentField& field(ValueId value) const { return signals_.forward[index(value)]->field(); }

  /// The node that makes a value; nullptr for inputs and parameters.
  const Node* maker(ValueId value) const { return makers_[index(value)]; }
  /// The nodes that read a node's output.
  const std::vector<const Node*>& readers(const Node& node) const {
    return readers_[index(node.outputs[0])];
  }

  /// The parameter that is a node's weights, or nullptr.
  const Parameter* weights(const Node& node) const;
  /// A node's inputs without parameters.
  std::vector<ValueId> signal_inputs(const Node& node) const;

  /// Whether another layer with weights stands behind the node.
  bool feeds_weights(const Node& node) const { return feeds_weights_[index(node.outputs[0])]; }

  /// The activations that a value comes from, through what moves, pools, masks or merges; none
  /// beyond weights and normalizations.
  std::vector<const Node*> activations_before(ValueId value) const;
  /// The same with nodes that have weights, where the way ends at these.
  std::vector<const Node*> makers_before(ValueId value) const;
  /// The first activation behind a node before other weights, or nullptr.
  const Node* activation_behind(const Node& node) const;

  /// Whether an activation has (0, 1) as an attracting fixed point, as SELU has.
  bool is_self_normalizing(const Node& activation) const;
  /// A self-normalizing activation of the network in front of weights, or nullptr.
  const Node* any_self_normalizing() const { return self_normalizing_; }

 private:
  static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

  const Graph& graph_;
  const PredictedSignals& signals_;
  bool raw_inputs_;
  std::vector<EpochRecord> trained_;
  std::vector<InitializerMoments> laws_;
  std::vector<FieldAverage> averages_;
  std::vector<double> gradients_;
  std::vector<const Node*> makers_, first_readers_;
  std::vector<std::vector<const Node*>> readers_;
  std::vector<const Parameter*> parameters_;
  std::vector<bool> feeds_weights_;
  const Node* self_normalizing_ = nullptr;
};

/// How an activation acts on normal laws; the node has one.
MomentRule moment_rule(const Node& activation);

}  // namespace selfnorm
