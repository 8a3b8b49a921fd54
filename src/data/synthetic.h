// SPDX-License-Identifier: Apache-2.0
// Synthetic data sets of two classes in the plane.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm {

struct SyntheticOptions {
  std::int64_t rows = 400;  ///< half per class; the first has one more if odd
  double noise = 0.05;      ///< standard deviation of the noise per coordinate
  std::uint64_t seed = 1;
};

struct SyntheticPoint {
  double x, y;
  int kind;
};

/// "spirals": two arms of one and a half turns about the origin, out to 1; "moons": two half
/// circles of radius 1 that reach into each other; "circles": of radius 1 and 1/2. Classes take
/// turns. Throws Error(config) for another name, fewer than 2 rows, or noise that is negative or no
/// number.
std::vector<SyntheticPoint> make_synthetic(const std::string& name,
                                           const SyntheticOptions& options);

/// The names of the data sets.
const std::vector<std::string>& synthetic_names();

}  // namespace selfnorm
