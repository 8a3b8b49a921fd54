// What an op makes of a predicted signal, forth and back: a column of the op table.
#pragma once

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "graph/graph.h"
#include "theory/dual_activation.h"
#include "theory/moment_window.h"

namespace selfnorm {

/// What flows along an edge, forward or back.
struct Flow {
  using Shared = std::shared_ptr<const MomentField>;

  Flow(MomentField made)  // NOLINT: a field is a flow of which no more is known
      : shared(std::make_shared<MomentField>(std::move(made))), parts{{shared, 1.0}} {}
  const MomentField& field() const { return *shared; }

  Shared shared;
  /// What it is the weighted sum of: fields independent of each other but for their means.
  std::vector<std::pair<Shared, double>> parts;
};

/// Σ weight·flow. Flows that are sums themselves are taken apart, so that what comes twice adds as
/// itself; a sum of more than 256 parts is a part of its own from there on.
struct WeightedFlow {
  const Flow& flow;
  double weight;
};
Flow weighted_sum(const std::vector<WeightedFlow>& flows);

inline constexpr double kAlikeChannels = 0.05;  ///< a scale_spread that makes no difference

/// A signal that flows forward.
struct Signal : Flow {
  Signal(MomentField made) : Flow(std::move(made)) {}  // NOLINT: as a flow
  Signal(Flow flow) : Flow(std::move(flow)) {}         // NOLINT
  /// Where it is f(z) of a normal z, element by element: that.
  Shared latent = nullptr;
  std::shared_ptr<const DualActivation> activation = nullptr;
  /// Behind batch norm: what that normalised, and what it added to a channel's variance.
  std::shared_ptr<const Signal> normalized = nullptr;
  double epsilon = 0;
  /// Relative variance over channels of the variance that a channel has: units of few inputs
  /// differ.
  double scale_spread = 0;
};

/// A gradient that flows back; its mean is 0.
struct SignalGradient : Flow {
  SignalGradient(MomentField made) : Flow(std::move(made)) {}  // NOLINT: as a flow
  SignalGradient(Flow flow) : Flow(std::move(flow)) {}         // NOLINT
  /// Where only the largest of a window receive it: E f′² given that, in front of which the
  /// activation f stands; empty elsewhere.
  std::vector<double> selected_slopes = {};
  /// In front of channels whose variances differ (Signal::scale_spread): the mean of a channel's
  /// variance over that of all, weighted with the gradient that comes through it.
  double scale_share = 1;
};

struct SignalContext {
  const Node& node;
  std::vector<const Signal*> inputs;  ///< the user's inputs, without parameters
  std::vector<Shape> shapes;          ///< of these
  Shape output;
  WeightMoments weights;  ///< of the node's weights and bias
  /// Where the row compares them: whether both inputs are made by the same weights, in the same
  /// way, of different inputs of the graph.
  bool made_alike = false;
};

/// Forward: the node's first output. Backward: the gradient of each input from that of the output.
struct SignalRule {
  Signal (*forward)(const SignalContext&);
  std::vector<SignalGradient> (*backward)(const SignalContext&, const SignalGradient& dy);
};

/// Samples, and the positions that a value of this shape has.
Extent extent_of(const Shape& shape, std::int64_t samples);

}  // namespace selfnorm
