// SPDX-License-Identifier: Apache-2.0
// How the squares of a layer's units vary: units are alike and, given what they read, independent,
// so that averages over n of them differ from draw to draw by 1/√n of what is said here.
#pragma once

#include <array>
#include <memory>

#include "theory/dual_activation.h"

namespace selfnorm {

/// Units that are made of normal z, element by element, with masks that are drawn for each:
/// E x = Σ mean[k]·f(z)^k and E x² = Σ square[k]·f(z)^k over the masks.
struct UnitDistribution {
  std::shared_ptr<const MomentField> z;
  std::shared_ptr<const DualActivation> f;
  std::array<double, 2> mean = {0, 1};
  std::array<double, 3> square = {0, 0, 1};
};

/// The law of a·x + b where x is kept, with probability q, and of a·other + b elsewhere.
UnitDistribution apply_mask(const UnitDistribution& x, double q, double a, double b, double other);

/// Moments over units of (x − center)², averaged over the masks of each: as averages over many
/// elements see them.
MomentField moments_of_square(const UnitDistribution& x, double center);
/// The same of a field as if it were normal (Isserlis 1918).
MomentField moments_of_square(const MomentField& x, double center);

/// (x·f′(z))² over units, x a gradient of a field as if it were normal, independent of z.
MomentField moments_of_gradient_square(const MomentField& x, const MomentField& z,
                                       const DualActivation& f);

}  // namespace selfnorm
