// The affine map that undoes what alpha dropout does to mean and variance.
#pragma once

#include "base/constants.h"

namespace selfnorm {

/// y = a·z + b, with z the input where it is kept and α′ where it is dropped.
struct AlphaAffine {
  double a = 1;
  double b = 0;
};

/// The a and b that give a·z + b the mean and variance of the input, when an element is kept with
/// probability `keep` in (0, 1] and the input has this mean and this variance > 0.
/// Numerics: within 1e-15 relative of the exact value. Source: Klambauer et al. 2017, section
/// "New dropout technique", for any mean, variance and α′.
AlphaAffine alpha_dropout_affine(double keep, double mean, double variance,
                                 double alpha_prime = kAlphaPrime);

}  // namespace selfnorm
