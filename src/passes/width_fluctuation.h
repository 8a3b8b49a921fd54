// SPDX-License-Identifier: Apache-2.0
// The fluctuation of the scale of a predicted signal over draws of the weights, as plain data, and
// the contribution of a layer's own units.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "passes/signals.h"
#include "selfnorm/doctor.h"
#include "theory/noise_sum.h"
#include "theory/unit_distribution.h"

namespace selfnorm {

inline constexpr double kLogStep = 0.25;  ///< step of ln(1 + δ) for responses

/// A function of the relative change δ of a signal's mean square, to second order near δ = 0.
struct Response {
  double value = 0, slope = 0, half_curvature = 0;
};
/// Computes a response from its values at ln(1 + δ) = 0, kLogStep and −kLogStep.
Response fit_response(double value, double up, double down);

/// Fluctuations that independent weights would add and orthogonal weights avoid: the variance of δ,
/// the variance of δ of one element, and the fraction for the products of two elements.
struct NormPreservation {
  double square = 0, element = 0, pairs = 0;
};

/// The state of a value in addition to its field. δ is that of the last values that were computed
/// with weights.
struct WidthFluctuation {
  std::optional<Signal> up, down;   ///< the value at ln(1 + δ) = ±kLogStep, if draws differ
  Response mean, square, variance;  ///< responses to δ
  NoiseSum noise;                   ///< δ of a single draw
  double shift = 0;                 ///< the average of δ
  NoiseSum element;                 ///< δ of one element
  /// Relative fluctuation of the products of two distant elements, which are equal in all draws for
  /// infinite width. `own_pairs` is added to it.
  NoiseSum pairs;

  // The value's own units.
  double units = std::numeric_limits<double>::infinity();  ///< number, independent given δ
  std::optional<UnitDistribution>
      distribution;        ///< if they are computed from normals element by element
  double unit_spread = 0;  ///< relative variance over units of δ, if each reads few inputs
  double unit_scale = 0;   ///< relative variance of δ due to these units
  NormPreservation preserved;
  /// Whether units are no longer separate and only their scale is known.
  bool inherits_noise = false;
  // Variances due to these units: of the mean and the variance, and relative ones of the mean
  // square, of the mean square of one element, and of products.
  double own_mean = 0, own_variance = 0, own_square = 0, own_element = 0, own_pairs = 0;

  bool varies_over_draws() const { return up.has_value(); }
};

/// Computes the responses of a value from its `up` and `down`, which have the few samples of
/// `subset`. The responses of square and variance are scaled to those of `field`, that of the mean
/// is not.
void compute_responses(WidthFluctuation& y, const MomentField& subset, const MomentField& field);

/// Computes the variances due to a value's own units, from their number and distribution.
void compute_own_noise(WidthFluctuation& y, const MomentField& field, std::int64_t samples);

/// Adds the variances of an input's units to a value that follows this input, scaled by the value's
/// response. `fraction` is the fraction of this response that is due to the input.
void inherit_noise(const WidthFluctuation& x, const MomentField& input, double fraction,
                   WidthFluctuation& y, const MomentField& output);

Fluctuation fluctuation_of(const WidthFluctuation& x);

/// Whether a node computes its output with random initial weights.
bool has_drawn_weights(const Graph& graph, const Node& node, const WeightMoments& weights);
/// Returns the number of channels that a unit reads, or 0 if it reads all.
double channels_per_group(const Graph& graph, const Node& node);
/// The fractions of lengths that orthogonal weights preserve, forward and backward.
struct PreservedFractions {
  double forward = 0, backward = 0;
};
PreservedFractions preserved_fractions(const Graph& graph,
                                       const std::vector<InitializerMoments>& parameter_moments,
                                       const Node& node);
/// Returns the number of positions in the window of a node's weights.
double window_taps(const Graph& graph, const Node& node);

/// Returns the fraction of the relative variance of products of two elements that such weights
/// keep. The taps of a window are correlated as neighbors are.
double pairs_preserved_by_windows(const Graph& graph, const Node& node, const MomentField& x);

/// Returns part/all, or 0 if `all` is 0.
inline double ratio_or_zero(double part, double all) { return all == 0 ? 0 : part / all; }

/// Returns the number of channels of a value with the field x.
double channels_of(const Graph& graph, ValueId value, const MomentField& x);

}  // namespace selfnorm
