// SPDX-License-Identifier: Apache-2.0
// Moments of the largest of jointly normal variables.
#pragma once

#include <cstddef>
#include <vector>

#include "selfnorm/theory.h"

namespace selfnorm {

/// Jointly normal variables. Covariances are stored row by row.
struct Normals {
  std::vector<double> means;
  std::vector<double> covariances;
  double covariance(std::size_t i, std::size_t j) const {
    return covariances[i * means.size() + j];
  }
};

/// Returns the mean and variance of the largest, by an average over fixed sample points. The error
/// is about 1 % of the standard deviation.
Moments maximum_moments(const Normals& normals);

/// Normals N(mean, variance) with one common correlation.
struct EquicorrelatedNormals {
  double mean = 0, variance = 0, correlation = 0;
};
/// Returns as many equicorrelated normals with the same mean and variance of the largest. Exact if
/// the variables are independent and identically distributed.
EquicorrelatedNormals match_equicorrelated(const Normals& normals);

}  // namespace selfnorm
