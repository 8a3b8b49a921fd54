// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace selfnorm {

/// What an initializer needs to know of a parameter. `outputs` is the extent of its first axis, the
/// rest of it being what one output sums.
struct InitializerShape {
  std::int64_t count = 0;
  std::int64_t outputs = 1;
  double fan_in = 1;  ///< no whole number where the outputs sum unequally many inputs
  double fan_out = 1;
};

/// The names that `init` takes, "auto" first.
const std::vector<std::string>& initializer_names();

/// Whether the gain is the value itself, and so may be any number; else it is above 0.
bool gain_is_value(const std::string& name);

/// Mean and variance of the values that `initialize` draws.
struct InitializerMoments {
  double mean = 0, variance = 0;
  /// Share of the lengths of what they multiply that rows, and back that columns, keep in every
  /// draw: up to 1 of orthogonal weights, 0 of independent ones.
  double kept = 0, norm_preserved_backward = 0;
};
InitializerMoments initializer_moments(const std::string& name, double gain,
                                       const InitializerShape& shape);

/// Writes shape.count initial values; value i is a function of (name, gain, shape, key, i) alone.
/// `gain` multiplies the deviation (constant, normal, uniform: is it). `name` is not "auto", which
/// is resolved before (to lecun_normal with a gain).
///   lecun_*, he_*, glorot_*: variance 1/fan_in, 2/fan_in, 2/(fan_in + fan_out); *_normal are cut
///   off at two parent deviations and corrected, so that the variance is exact; *_uniform are ±√3σ
///   pytorch_default: ±1/√fan_in, for weights and biases;  orthogonal: rows or columns orthonormal
void initialize(const std::string& name, double gain, const InitializerShape& shape, RandomKey key,
                float* values);

}  // namespace selfnorm
