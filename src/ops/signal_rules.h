// SPDX-License-Identifier: Apache-2.0
// Signal rules that several rows share.
#pragma once

#include "kernels/pointwise.h"
#include "ops/signal.h"
#include "theory/covariance_model.h"
#include "theory/normal_maximum.h"

namespace selfnorm {

/// A field behind dropout, whose mask is drawn for each element, or for whole features of a sample.
MomentField dropped(const MomentField& x, const Dropout& dropout, bool whole_features);
/// The gradient in front of it.
MomentField masked(const MomentField& gradient, const Dropout& dropout, bool whole_features);

/// A field of one position a sample at every position, times a factor: the same value everywhere,
/// or values of one law.
MomentField repeated(const MomentField& x, const Extent& extent, double factor, bool same_value);

/// What two signals that are made alike, of different data, have in common at an element: as much
/// as two samples of either have.
double covariance_of_alike(const MomentField& x, const MomentField& y, std::int64_t element);

/// Their sum: `weighted_sum` with what they have in common.
MomentField sum_of_alike(const WeightedFlow& x, const WeightedFlow& y);

/// The normal law that a signal comes from, as far as it is known: z where it is f(z), else itself.
struct NormalLaw {
  const MomentField& z;
  const DualActivation& f;
};
NormalLaw normal_law(const Signal& x);

/// The normals that a field has at some elements of one sample.
Normals normals_at(const MomentField& z, const Covariances& covariances,
                   const std::vector<std::int64_t>& elements);

/// Of ops that are one pointwise pass.
extern const SignalRule kActivationSignal, kDropoutSignal;

}  // namespace selfnorm
