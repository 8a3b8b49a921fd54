// SPDX-License-Identifier: Apache-2.0
#include "ops/output_range.h"

#include <algorithm>
#include <cmath>

#include "kernels/ref/activation.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// Extends the range by the limit of f at infinity in the direction of `sign`. An activation becomes
// linear or constant there.
void add_tail(const Activation& f, double sign, OutputRange& range) {
  constexpr double kFar = 1e3, kFarther = 1e6;
  const double near = ref::activation(f, sign * kFar), far = ref::activation(f, sign * kFarther);
  const bool is_linear = std::abs(far) > 10 * std::abs(near);
  const double limit = is_linear ? std::copysign(OutputRange{}.high, far) : far;
  range.low = std::min(range.low, limit);
  range.high = std::max(range.high, limit);
}

}  // namespace

OutputRange output_range(const Node& activation) {
  if (row_of(activation).traits.is_distribution) return {0, 1};
  if (rule_of(row_of(activation).pointwise) == nullptr) return {};
  constexpr double kEnd = 16, kStep = 1.0 / 128;  // all minima are within ±16
  const Activation f = pointwise_pass(activation, Mode::inference).activation;
  OutputRange range{ref::activation(f, 0.0), ref::activation(f, 0.0)};
  for (double x = -kEnd; x <= kEnd; x += kStep) {
    range.low = std::min(range.low, ref::activation(f, x));
    range.high = std::max(range.high, ref::activation(f, x));
  }
  add_tail(f, -1, range);
  add_tail(f, 1, range);
  return range;
}

}  // namespace selfnorm
