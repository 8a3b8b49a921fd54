// SPDX-License-Identifier: Apache-2.0
// The input of all findings: a graph with the predictions for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doctor/training_goal.h"
#include "passes/signals.h"
#include "selfnorm/doctor.h"
#include "selfnorm/theory.h"
#include "selfnorm/train.h"

namespace selfnorm {

class NetworkAnalysis {
 public:
  /// `signals` are the predictions for `graph`. Both must outlive the analysis. `shifts` are those
  /// of `predict_inference_shifts`, or empty without dropout.
  /// `is_input_unstandardized` says whether the inputs are data without standardization. `goal`
  /// must outlive the analysis, too. `trained` holds the records of a training, for findings about
  /// its weights.
  NetworkAnalysis(const Graph& graph, const PredictedSignals& signals,
                  const std::vector<std::optional<InferenceShift>>& shifts,
                  bool is_input_unstandardized, const std::optional<TrainingGoal>& goal,
                  const std::vector<EpochRecord>& trained = {});

  const Graph& graph() const { return graph_; }
  bool has_unstandardized_input() const { return has_unstandardized_input_; }
  /// Only if the loss is known.
  const std::optional<TrainingGoal>& goal() const { return goal_; }
  const std::vector<EpochRecord>& trained() const { return trained_; }
  /// The moments of the initializer of a parameter.
  const InitializerMoments& initializer_moments(const Parameter& parameter) const {
    return initializer_moments_[index(parameter.value)];
  }

  /// The averages of the predicted field of a value.
  const FieldAverage& average(ValueId value) const { return averages_[index(value)]; }
  /// The predicted mean square of the gradient with respect to a value; NaN without a gradient.
  double gradient(ValueId value) const { return gradients_[index(value)]; }
  /// The largest predicted amplification of an output of the network at inference, if there is a
  /// prediction.
  std::optional<double> output_amplification() const { return output_amplification_; }
  /// The predicted field of a value.
  const MomentField& field(ValueId value) const { return signals_.forward[index(value)]->field(); }

  /// The node that computes a value, or nullptr for inputs and parameters.
  const Node* producer(ValueId value) const { return producers_[index(value)]; }
  /// The nodes that read a node's output.
  const std::vector<const Node*>& readers(const Node& node) const {
    return readers_[index(node.outputs[0])];
  }

  /// A node's weights, or nullptr.
  const Parameter* weights(const Node& node) const;
  /// A node's inputs that are not parameters.
  std::vector<ValueId> signal_inputs(const Node& node) const;

  /// Whether a layer with weights comes anywhere after the node.
  bool feeds_weights(const Node& node) const { return feeds_weights_[index(node.outputs[0])]; }

  /// The last activation on each path to a value. The search looks through ops that move, pool,
  /// mask or merge elements, and stops at weights and normalizations.
  std::vector<const Node*> activations_before(ValueId value) const;
  /// As `activations_before`, together with the nodes with weights at which the search stops.
  std::vector<const Node*> producers_before(ValueId value) const;
  /// The first activation after a node, or nullptr if other weights come first.
  const Node* next_activation(const Node& node) const;

  /// Whether an activation has (0, 1) as an attracting fixed point, as SELU does.
  bool is_self_normalizing(const Node& activation) const;
  /// A self-normalizing activation of the network that feeds weights, or nullptr.
  const Node* first_self_normalizing() const { return self_normalizing_; }

 private:
  static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

  const Graph& graph_;
  const PredictedSignals& signals_;
  bool has_unstandardized_input_;
  const std::optional<TrainingGoal>& goal_;
  std::vector<EpochRecord> trained_;
  std::vector<InitializerMoments> initializer_moments_;
  std::vector<FieldAverage> averages_;
  std::vector<double> gradients_;
  std::optional<double> output_amplification_;
  std::vector<const Node*> producers_, first_readers_;
  std::vector<std::vector<const Node*>> readers_;
  std::vector<const Parameter*> parameters_;
  std::vector<bool> feeds_weights_;
  const Node* self_normalizing_ = nullptr;
};

/// The rule by which an activation changes the moments of a normal distribution. The activation
/// must have one.
MomentRule moment_rule(const Node& activation);

}  // namespace selfnorm
