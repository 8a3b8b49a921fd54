// SPDX-License-Identifier: Apache-2.0
// Moment-propagation rules that several rows use, and their helpers.
#pragma once

#include "kernels/pointwise.h"
#include "ops/signal.h"
#include "theory/covariance_model.h"
#include "theory/normal_maximum.h"

namespace selfnorm {

/// A map of elements, slope·x + offset.
struct Line {
  double slope = 1, offset = 0;
  /// E of the square, and of the product with another line of an element, from E x·x′, E x and
  /// E x′.
  double square(double square_of_x, double mean) const {
    return product(*this, square_of_x, mean, mean);
  }
  double product(const Line& other, double product_of_x, double mean, double other_mean) const {
    return slope * other.slope * product_of_x + slope * other.offset * mean +
           offset * other.slope * other_mean + offset * other.offset;
  }
};

/// The map of the elements that a dropout keeps.
inline Line line_of(const Dropout& dropout) { return {dropout.a, dropout.b}; }
/// The value of dropped elements before that map.
inline double dropped_value(const Dropout& dropout) {
  return dropout.kind == DropoutKind::alpha ? dropout.alpha_prime : 0;
}

/// Returns the field after dropout. The mask is drawn for each element or, with `whole_features`,
/// for each feature of a sample. `at_inference` is as in SignalContext.
MomentField propagate_dropout(const MomentField& x, const Dropout& dropout, bool whole_features,
                              const std::vector<bool>& at_inference = {});
/// Returns the gradient before dropout from the gradient after it.
MomentField propagate_dropout_gradient(const MomentField& gradient, const Dropout& dropout,
                                       bool whole_features);

/// The rules of a dropout. Copies of a row (SignalContext::at_inference) get a mask for each
/// element, since the products of two positions must not contain noise then.
Signal dropout_signal(const SignalContext& c, const Dropout& dropout, bool whole_features);
SignalGradient dropout_signal_gradient(const SignalGradient& dy, const Dropout& dropout,
                                       bool whole_features);

/// Repeats a field with one position per sample at every position, times a factor. With
/// `same_value`, the positions of a sample have the same value. Otherwise, they are independent.
MomentField broadcast_positions(const MomentField& x, const Extent& extent, double factor,
                                bool same_value);

/// Returns the covariance at an element of two signals that the same weights compute from different
/// data. It is taken as the geometric mean of the covariances between two samples of each signal.
double covariance_from_shared_weights(const MomentField& x, const MomentField& y,
                                      std::int64_t element);

/// Returns the weighted sum of two such signals, which includes their covariance.
MomentField sum_with_shared_weights(const WeightedFlow& x, const WeightedFlow& y);

/// The normal field from which a signal is computed: z and f if the signal is f(z), else the signal
/// itself and the identity.
struct UnderlyingNormal {
  const MomentField& z;
  const DualActivation& f;
};
UnderlyingNormal underlying_normal(const Signal& x);

/// Returns the joint normal distribution of a field at some elements of one sample.
Normals normals_at(const MomentField& z, const CovarianceModel& covariances,
                   const std::vector<std::int64_t>& elements);

/// The rules of ops that are one pointwise pass.
extern const SignalRule kActivationSignal, kDropoutSignal;

}  // namespace selfnorm
