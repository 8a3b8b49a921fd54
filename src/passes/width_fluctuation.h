// SPDX-License-Identifier: Apache-2.0
// How the scale of a predicted signal differs from draw to draw of the weights, as plain data, and
// what a layer's own units add to that.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "passes/signals.h"
#include "selfnorm/doctor.h"
#include "theory/noise_sum.h"
#include "theory/unit_distribution.h"

namespace selfnorm {

inline constexpr double kLogStep = 0.25;  ///< of a signal's scale, to see what layers make of it

/// A number that depends on the relative change δ of a signal's mean square, near δ = 0.
struct Response {
  double value = 0, slope = 0, half_curvature = 0;
};
/// From its values at ln(1 + δ) = 0, kLogStep and −kLogStep.
Response response_of(double value, double up, double down);

/// What orthogonal weights keep of what independent ones would make differ: variances of δ and of
/// that of one element, and the share of the products of elements.
struct Kept {
  double square = 0, element = 0, pairs = 0;
};

/// What is known of a value beyond its field. δ is that of the last values with weights in front.
struct Scale {
  std::optional<Signal> up, down;   ///< the value at ln(1 + δ) = ±kLogStep; none: nothing differs
  Response mean, square, variance;  ///< to δ
  NoiseSum noise;                   ///< δ of a single draw
  double shift = 0;                 ///< the average of δ
  NoiseSum element;                 ///< δ of one element
  /// Relative deviation of products of two elements far apart, which for infinite width are alike
  /// in all draws; `own_pairs` come on top.
  NoiseSum pairs;

  // Of the value's own units, of which so many are independent of each other given δ.
  double units = std::numeric_limits<double>::infinity();
  std::optional<UnitDistribution> law;  ///< where they are made of normals element by element
  double unit_spread = 0;  ///< relative variance over units of δ, where they read few others each
  double unit_scale = 0;   ///< relative variance of δ of these units, as if it were their own
  Kept kept;
  bool follows = false;  ///< units are no longer apart: only how they scale is known
  // What differs because of them: variances of mean and variance, relative ones of the mean square,
  // of that of one element, and of products.
  double own_mean = 0, own_variance = 0, own_square = 0, own_element = 0, own_pairs = 0;

  bool is_drawn() const { return up.has_value(); }
};

/// Of a value whose `up` and `down` are known, of the few samples that `few` has, as shares of what
/// they are of; of the mean as it is.
void compute_responses(Scale& y, const MomentField& few, const MomentField& field);

/// What differs because of a value's own units, from their number and law.
void see_own_noise(Scale& y, const MomentField& field, std::int64_t samples);

/// The same of a value that follows an input, which brings so much of its response: the input's
/// noise, scaled as that.
void follow(const Scale& x, const MomentField& input, double share, Scale& y,
            const MomentField& output);

Fluctuation fluctuation_of(const Scale& x);

/// Whether a node's output is made with weights that are drawn at the start; what orthogonal ones
/// keep of lengths, forward and backward; the positions of a window that they sum.
bool has_drawn_weights(const Graph& graph, const Node& node, const WeightMoments& weights);
/// Channels that a unit reads where it does not read all, else 0.
double channels_of_group(const Graph& graph, const Node& node);
struct KeptLengths {
  double forth = 0, back = 0;
};
KeptLengths lengths_kept(const Graph& graph, const std::vector<InitializerMoments>& laws,
                         const Node& node);
double taps_of(const Graph& graph, const Node& node);

/// What such weights keep of what products of two elements differ by: the taps of two windows are
/// alike as far as neighbors are.
double kept_by_windows(const Graph& graph, const Node& node, const MomentField& x);

/// 0 where there is nothing to be a part of.
inline double ratio(double part, double all) { return all == 0 ? 0 : part / all; }

/// The channels of a value whose field is this.
double channels_of(const Graph& graph, ValueId value, const MomentField& x);

}  // namespace selfnorm
