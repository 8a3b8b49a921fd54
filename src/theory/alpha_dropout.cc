#include "selfnorm/theory.h"

#include <cmath>

namespace selfnorm {

// z keeps the input with probability q: E z = q·m + (1−q)·α′ and, by the law of total variance,
// Var z = q·v + q·(1−q)·(α′−m)². Then a = √(v / Var z) and b = m − a·E z.
AlphaAffine alpha_dropout_affine(double keep, double mean, double variance, double alpha_prime) {
  const double drop = 1 - keep;
  const double distance = alpha_prime - mean;
  const double a = 1 / std::sqrt(keep * (1 + drop * distance * distance / variance));
  return {a, mean - a * (keep * mean + drop * alpha_prime)};
}

}  // namespace selfnorm
