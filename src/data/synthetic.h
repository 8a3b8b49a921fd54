// SPDX-License-Identifier: Apache-2.0
// Figures of two classes in the plane, made by code: to see what networks make of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm {

struct SyntheticOptions {
  std::int64_t rows = 400;  ///< half of them of each class, the first of one more where odd
  double noise = 0.05;      ///< deviation of a point from its place
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

/// The names there are.
const std::vector<std::string>& synthetic_names();

}  // namespace selfnorm
