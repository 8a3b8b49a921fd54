// SPDX-License-Identifier: Apache-2.0
// The distribution of the squares of a layer's units. Units are identically distributed and, given
// their inputs, independent. So the standard deviation of an average over n units between draws is
// 1/√n of that of one unit.
#pragma once

#include <array>
#include <memory>

#include "theory/dual_activation.h"

namespace selfnorm {

/// Units x that are computed elementwise from normal z, with a mask for each element: over the
/// masks, E x = Σ mean[k]·f(z)^k and E x² = Σ square[k]·f(z)^k.
struct UnitDistribution {
  std::shared_ptr<const MomentField> z;
  std::shared_ptr<const DualActivation> f;
  std::array<double, 2> mean = {0, 1};
  std::array<double, 3> square = {0, 0, 1};
};

/// Returns the distribution after a mask: a·x + b with probability q, else a·other + b.
UnitDistribution apply_mask(const UnitDistribution& x, double q, double a, double b, double other);

/// Returns the moments over units of (x − center)², averaged over the masks of each unit, as for
/// averages over many elements.
MomentField moments_of_square(const UnitDistribution& x, double center);
/// As above for a field that is taken as normal (Isserlis 1918).
MomentField moments_of_square(const MomentField& x, double center);

/// Returns the moments over units of (x·f′(z))² for a gradient x that is taken as normal and
/// independent of z.
MomentField moments_of_gradient_square(const MomentField& x, const MomentField& z,
                                       const DualActivation& f);

}  // namespace selfnorm
