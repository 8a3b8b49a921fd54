// SPDX-License-Identifier: Apache-2.0
// Synthetic data sets of two classes in the plane.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm {

struct SyntheticOptions {
  std::int64_t rows = 400;  ///< half of them per class; class 0 has one more if odd
  double noise = 0.05;      ///< standard deviation of the noise per coordinate
  std::uint64_t seed = 1;
};

struct SyntheticPoint {
  double x, y;
  int class_index;
};

/// Generates points of two classes. "spirals" are two arms that make one and a half turns around
/// the origin, up to radius 1. "moons" are two interleaving half circles of radius 1. "circles"
/// have radius 1 and 1/2. The rows alternate between the classes. Throws Error(config) for an
/// unknown name, for fewer than 2 or more than 10,000,000 rows, and for noise that is negative or
/// not finite.
std::vector<SyntheticPoint> make_synthetic(const std::string& name,
                                           const SyntheticOptions& options);

/// Returns the names of the synthetic data sets.
const std::vector<std::string>& synthetic_names();

}  // namespace selfnorm
