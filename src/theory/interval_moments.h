#pragma once

#include "selfnorm/theory.h"
#include "theory/interval.h"

namespace selfnorm {

/// `ActivationMoments` of SELU over a box of (m, v), as enclosures.
struct IntervalMoments {
  Interval mean, variance;
  Interval mean_by_m, mean_by_v, variance_by_m, variance_by_v;
};

/// v.low() > 0. The closed form of Klambauer et al. 2017, equations 4 and 5, term by term.
IntervalMoments selu_interval_moments(const Interval& m, const Interval& v,
                                      const SeluConstants& constants);

}  // namespace selfnorm
