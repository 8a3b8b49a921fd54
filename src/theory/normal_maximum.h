// SPDX-License-Identifier: Apache-2.0
// The largest of jointly normal variables.
#pragma once

#include <cstddef>
#include <vector>

#include "selfnorm/theory.h"

namespace selfnorm {

/// Jointly normal variables; covariances row by row.
struct Normals {
  std::vector<double> means;
  std::vector<double> covariances;
  double covariance(std::size_t i, std::size_t j) const {
    return covariances[i * means.size() + j];
  }
};

/// Mean and variance of the largest, to about 1 % of the deviation: an average over fixed points.
Moments maximum_moments(const Normals& normals);

/// As many normals N(mean, variance) of one correlation, whose largest has the same mean and
/// variance; exact where the variables are independent and such.
struct EquicorrelatedNormals {
  double mean = 0, variance = 0, correlation = 0;
};
EquicorrelatedNormals alike(const Normals& normals);

}  // namespace selfnorm
