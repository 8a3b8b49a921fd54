// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "selfnorm/error.h"
#include "selfnorm/theory.h"

namespace selfnorm {

double alpha_dropout_gradient_growth(double rate) {
  return 1 / (1 + kAlphaPrime * kAlphaPrime * rate);
}

// z is the input with probability q, else α′. So E z = m + (1−q)(α′−m) and, by the law of total
// variance, Var z = q·v + q·(1−q)·(α′−m)². Then a = √(v / Var z) and b = m − a·E z. For q near 1, b
// is small and computed as m·(1 − a) − a·(1−q)(α′−m), where 1 − a follows from r in 1/a² = 1 + r.
AlphaAffine alpha_dropout_affine(double rate, double mean, double variance, double alpha_prime) {
  const double distance = alpha_prime - mean;
  const double squared_distance = distance * distance / variance;
  const double root = std::sqrt((1 - rate) * (1 + rate * squared_distance));
  const double excess = rate * ((1 - rate) * squared_distance - 1);
  const AlphaAffine affine{1 / root, (mean * (excess / (1 + root)) - rate * distance) / root};
  const bool is_valid = rate >= 0 && rate < 1 && variance > 0 && std::isfinite(variance);
  if (is_valid && std::isfinite(affine.b) && affine.a > 0) return affine;
  throw Error(ErrorKind::config,
              fmt::format("alpha dropout: no finite a and b preserve mean {} and variance {} at "
                          "rate {} with α′ = {} (expected a rate in [0, 1) and a variance above 0)",
                          mean, variance, rate, alpha_prime));
}

AlphaAffine expected_alpha_dropout(double rate, double mean, double variance, double alpha_prime) {
  const double factor = (1 - rate) * alpha_dropout_affine(rate, mean, variance, alpha_prime).a;
  return {factor, (1 - factor) * mean};
}

}  // namespace selfnorm
