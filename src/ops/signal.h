// SPDX-License-Identifier: Apache-2.0
// Moment-propagation rules, forward and backward: a column of the op table.
#pragma once

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "graph/graph.h"
#include "kernels/pointwise.h"
#include "theory/dual_activation.h"
#include "theory/moment_window.h"

namespace selfnorm {

/// A predicted signal or gradient on an edge.
struct Flow {
  using FieldPointer = std::shared_ptr<const MomentField>;

  Flow(MomentField moment_field)  // NOLINT: converts a field
      : field_pointer(std::make_shared<MomentField>(std::move(moment_field))),
        terms{{field_pointer, 1.0}} {}
  const MomentField& field() const { return *field_pointer; }

  FieldPointer field_pointer;
  /// The terms of the flow as a weighted sum. Their fields are independent except for their means.
  std::vector<std::pair<FieldPointer, double>> terms;
};

/// Σ weight·flow. Flows that are sums are split into their terms, so that a term that occurs twice
/// adds coherently. A sum of more than 256 terms becomes one term.
struct WeightedFlow {
  const Flow& flow;
  double weight;
};
Flow weighted_sum(const std::vector<WeightedFlow>& flows);

/// A channel_variance_spread below this has no effect.
inline constexpr double kNegligibleSpread = 0.05;

struct MaskedSignal;

/// A forward signal.
struct Signal : Flow {
  Signal(MomentField moment_field) : Flow(std::move(moment_field)) {}  // NOLINT: as a flow
  Signal(Flow flow) : Flow(std::move(flow)) {}                         // NOLINT
  /// z and f if the signal is f(z) elementwise for a normal z, or null.
  FieldPointer pre_activation = nullptr;
  std::shared_ptr<const DualActivation> activation = nullptr;
  /// After batch norm: the input of the normalization, and the epsilon added to a channel's
  /// variance.
  std::shared_ptr<const Signal> normalization_input = nullptr;
  double epsilon = 0;
  /// After a dropout that draws masks: its input.
  std::shared_ptr<const MaskedSignal> masked = nullptr;
  /// Relative variance over channels of a channel's variance (of its second moment after an
  /// activation). It is not 0 for units with few inputs.
  double channel_variance_spread = 0;
};

/// The input of a dropout, and what the dropout does with it.
struct MaskedSignal {
  Signal input;
  Dropout dropout;
  bool whole_features = false;          ///< one draw serves all positions of a feature
  std::vector<bool> at_inference = {};  ///< as in SignalContext
};

/// A backward gradient, with mean 0.
struct SignalGradient : Flow {
  SignalGradient(MomentField moment_field) : Flow(std::move(moment_field)) {}  // NOLINT: as a flow
  SignalGradient(Flow flow) : Flow(std::move(flow)) {}                         // NOLINT
  /// E f′² at the maximum for the activation f before a pooling, if only the maximum of a window
  /// receives the gradient, or empty.
  std::vector<double> selected_slopes = {};
  /// The same for the mask of a dropout before a pooling: the probability that it keeps an element
  /// that receives the gradient, relative to that of any element, or empty.
  std::vector<double> selected_masks = {};
  /// The mean of a channel's relative variance, weighted by the gradient through the channel. It is
  /// 1 unless channels have different variances (Signal::channel_variance_spread).
  double gradient_weighted_variance = 1;
};

struct SignalContext {
  const Node& node;
  std::vector<const Signal*> inputs;  ///< the user's inputs, without parameters
  std::vector<Shape> shapes;          ///< their shapes
  Shape output;
  WeightMoments weights;  ///< moments of the weights and bias
  /// For an op that compares its inputs: whether the same weights compute both from different
  /// inputs of the graph.
  bool inputs_share_weights = false;
  /// By sample: whether dropout computes what it does at inference. Empty: it is active in all.
  std::vector<bool> at_inference = {};
};

/// The moment-propagation rule of an op. `forward` predicts the node's first output, and `backward`
/// the gradient of each input from that of the output.
struct SignalRule {
  Signal (*forward)(const SignalContext&);
  std::vector<SignalGradient> (*backward)(const SignalContext&, const SignalGradient& dy);
};

/// Returns the samples and positions of a value with this shape. The second form takes the samples
/// of another value.
Extent extent_of(const Shape& shape, std::int64_t samples);
Extent extent_of(const Shape& shape, const Extent& samples);

}  // namespace selfnorm
