// SPDX-License-Identifier: Apache-2.0
// Standardization of inputs to mean 0 and variance 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// x becomes (x − mean) / deviation, with one pair for each channel of an image (samples of three
/// extents) and one for each column (last extent) of everything else. Plain numbers, saved with the
/// model.
struct Standardizer {
  std::vector<double> mean;
  std::vector<double> deviation;
};

/// The number of pairs of a standardizer for this field.
std::int64_t standardized_features(const Field& field);

/// Mean and population standard deviation (divisor n) over the given rows, in double and two
/// passes, the same for any thread count. A constant column gets standard deviation 1, so that it
/// becomes 0 on these rows and stays finite on others. Error(data) when there are no rows or one is
/// not in the field.
Standardizer fit(const Field& field, std::span<const std::int64_t> rows);

}  // namespace selfnorm
