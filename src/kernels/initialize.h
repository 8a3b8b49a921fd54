// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace selfnorm {

/// The properties of a parameter that an initializer uses. `outputs` is the extent of its first
/// axis. The other axes are the inputs that one output sums.
struct InitializerShape {
  std::int64_t count = 0;
  std::int64_t outputs = 1;
  double fan_in = 1;  ///< fractional if the outputs sum different numbers of inputs
  double fan_out = 1;
};

/// Returns the names that `init` accepts, "auto" first.
const std::vector<std::string>& initializer_names();

/// Whether the gain is the value itself, so that it may be any number. Other gains are above 0.
bool gain_is_value(const std::string& name);

/// The moments of the values that `initialize` draws.
struct InitializerMoments {
  double mean = 0, variance = 0;
  /// The fraction of the length of a vector that the weights preserve in every draw, forward (by
  /// rows) and backward (by columns). Up to 1 for orthogonal weights, 0 for independent ones.
  double preserved = 0, preserved_backward = 0;
  /// The variance of the sum of an output's squared weights, divided by their number and by
  /// variance². 2 for normal weights, less for bounded ones, 0 if all outputs have the same sum.
  double square_variance = 2;
};
InitializerMoments initializer_moments(const std::string& name, double gain,
                                       const InitializerShape& shape);

/// Writes shape.count initial values. Value i is a function of (name, gain, shape, key, i) only.
/// `gain` multiplies the values, so it is the value of `constant`, the standard deviation of
/// `normal` and the bound of `uniform`. `name` must not be "auto", which is resolved earlier (to
/// lecun_normal with a gain).
///   lecun_*, he_*, glorot_*: variance 1/fan_in, 2/fan_in, 2/(fan_in + fan_out). *_normal are
///   truncated at two standard deviations of the parent distribution and corrected, so that the
///   variance is exact. *_uniform are uniform within ±√3σ.
///   pytorch_default: uniform within ±1/√fan_in, for weights and biases.
///   orthogonal: orthonormal rows or columns.
void initialize(const std::string& name, double gain, const InitializerShape& shape, RandomKey key,
                float* values);

}  // namespace selfnorm
