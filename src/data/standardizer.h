// SPDX-License-Identifier: Apache-2.0
// Standardization of inputs to mean 0 and variance 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Maps x to (x − mean) / standard deviation, with one pair for each channel of an image (samples
/// with three extents) and one pair for each column (last extent) of everything else. It is saved
/// with the model.
struct Standardizer {
  std::vector<double> mean;
  std::vector<double> standard_deviation;
};

/// Returns the number of pairs in a standardizer for this field.
std::int64_t standardized_features(const Field& field);

/// Computes the mean and the population standard deviation (divisor n) over the given rows, in
/// double. NaN is a missing number and does not count. The result is the same for
/// any number of threads and any order of the rows. A constant feature gets standard deviation 1,
/// so that it becomes 0 on these rows and remains finite on others. Throws Error(data) if there are
/// no rows, or for a row that is not in the field.
Standardizer fit_standardizer(const Field& field, std::span<const std::int64_t> rows);

}  // namespace selfnorm
