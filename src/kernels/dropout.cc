// SPDX-License-Identifier: Apache-2.0
#include "kernels/dropout.h"

#include <algorithm>
#include <cmath>

#include "selfnorm/theory.h"

namespace selfnorm {

Dropout make_dropout(DropoutKind kind, double rate, double mean, double variance,
                     double alpha_prime) {
  Dropout dropout;
  dropout.kind = kind;
  if (kind == DropoutKind::none) return dropout;
  dropout.threshold =
      static_cast<std::uint32_t>(std::clamp(std::round((1 - rate) * 65536), 1.0, 65536.0));
  dropout.alpha_prime = alpha_prime;
  const double keep = keep_probability(dropout);
  if (kind == DropoutKind::plain) {
    dropout.a = 1 / keep;
  } else {
    const AlphaAffine affine = alpha_dropout_affine(1 - keep, mean, variance, alpha_prime);
    dropout.a = affine.a;
    dropout.b = affine.b;
  }
  return dropout;
}

Dropout inference_dropout(const Dropout& dropout) {
  Dropout map;
  if (dropout.kind != DropoutKind::alpha || dropout.inference == DropoutInference::identity)
    return map;
  const double keep = keep_probability(dropout);
  map.kind = DropoutKind::alpha;
  map.a = dropout.a * keep;
  map.b = dropout.a * (1 - keep) * dropout.alpha_prime + dropout.b;
  return map;
}

}  // namespace selfnorm
