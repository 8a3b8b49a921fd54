// SPDX-License-Identifier: Apache-2.0
// Moments of the largest of jointly normal variables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "selfnorm/theory.h"
#include "theory/quadrature.h"

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

/// Returns the moments of the largest of `count` independent N(0, 1), with the same error.
Moments standard_normal_maximum(std::size_t count);

/// Normals N(mean, variance) with one common correlation.
struct EquicorrelatedNormals {
  double mean = 0, variance = 0, correlation = 0;
};
/// Returns as many equicorrelated normals with the same mean and variance of the largest. Exact if
/// the variables are independent and identically distributed.
EquicorrelatedNormals match_equicorrelated(const Normals& normals);

/// Covariances, relative to the variance of the largest f(z). `masked` is the mean over masks of
/// the largest f(z) of the elements that a mask keeps, at fixed z. So it is also the covariance of
/// two maxima with independent masks.
struct MaskedMaximumCovariances {
  double of_masked = 1;     ///< variance of the mean over masks
  double with_largest = 1;  ///< covariance of the mean over masks and the largest
};
/// Returns these for `count` normals and an f that does not decrease. Each element is kept with
/// probability q. Dropped elements have the value `dropped`, which is not above any f(z).
MaskedMaximumCovariances masked_maximum_covariances(const EquicorrelatedNormals& normals,
                                                    std::int64_t count, const RealFunction& f,
                                                    double q, double dropped);

}  // namespace selfnorm
