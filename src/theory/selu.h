// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "selfnorm/theory.h"

namespace selfnorm {

/// SELU and its derivative at x. At 0, the derivative is that of the negative side.
inline double selu_at(const SeluConstants& f, double x) {
  const double scaled = std::sqrt(f.scale) * x;
  return f.lambda * (x > 0 ? scaled : f.alpha * std::expm1(std::min(scaled, 0.0)));
}
inline double selu_slope_at(const SeluConstants& f, double x) {
  const double root = std::sqrt(f.scale);
  return f.lambda * root * (x > 0 ? 1 : f.alpha * std::exp(std::min(root * x, 0.0)));
}

}  // namespace selfnorm
