// SPDX-License-Identifier: Apache-2.0
// Standardization of inputs to mean 0 and variance 1.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/feature_transform.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Maps x to (t(x) − mean) / standard deviation, with one transform t, mean and standard deviation
/// for each channel of an image (samples with three extents) and for each column (last extent) of
/// everything else. It is saved with the model.
struct Standardizer {
  std::vector<double> mean;
  std::vector<double> standard_deviation;
  std::vector<FeatureTransform> transforms = {};  ///< empty: t(x) = x for all features
};

/// Returns the standardized number for x, and 0 for NaN, a missing number.
inline double standardize(const Standardizer& standardizer, std::size_t feature, double x) {
  if (!standardizer.transforms.empty()) x = apply_transform(standardizer.transforms[feature], x);
  const double z = (x - standardizer.mean[feature]) / standardizer.standard_deviation[feature];
  return std::isnan(z) ? 0 : z;
}

/// Returns the number of features of a standardizer for this field.
std::int64_t standardized_features(const Field& field);

/// How to standardize a feature.
struct FeatureTreatment {
  FeatureTransform::Kind transform = FeatureTransform::Kind::none;  ///< to fit
  std::int64_t group = -1;   ///< features of the same group share a standard deviation; −1: none
  double min_deviation = 0;  ///< a smaller standard deviation is replaced by this one
};

/// Fits the transforms that `treatments` asks for (empty: none) and computes the mean and the
/// population standard deviation (divisor n) over the given rows, in double. Features of a group
/// get the root of the mean of their variances. NaN is a missing number and does not count. The
/// result is the same for any number of threads and any order of the rows. A feature that is
/// constant in these rows gets the constant transform and standard deviation 1, so that it is 0 in
/// every row. Transforms are fitted to at most 65,536 of the rows. Throws Error(data) if there are
/// no rows, or for a row that is not in the field.
Standardizer fit_standardizer(const Field& field, std::span<const std::int64_t> rows,
                              const std::vector<FeatureTreatment>& treatments = {});

}  // namespace selfnorm
