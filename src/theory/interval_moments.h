// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "selfnorm/theory.h"
#include "theory/interval.h"

namespace selfnorm {

/// Enclosures of the `ActivationMoments` of SELU over a box of (m, v).
struct IntervalMoments {
  Interval mean, variance;
  Interval d_mean_d_m, d_mean_d_v, d_variance_d_m, d_variance_d_v;
};

/// Computes the enclosures by the closed form of Klambauer et al. 2017, equations 4 and 5, term by
/// term. Requires v.low() > 0.
IntervalMoments selu_interval_moments(const Interval& m, const Interval& v,
                                      const SeluConstants& constants);

}  // namespace selfnorm
