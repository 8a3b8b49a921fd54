// SPDX-License-Identifier: Apache-2.0
// Self-normalizing networks assume inputs of mean 0 and variance 1; this makes them so.
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

/// How many pairs a standardizer of this field has.
std::int64_t standardized_features(const Field& field);

/// Mean and population deviation (divisor n) over the given rows, in double and two passes, the
/// same for any thread count. A column of one value gets deviation 1, so that it becomes 0 on these
/// rows and stays finite on others. Error(data) when there are no rows or one is not in the field.
Standardizer fit(const Field& field, std::span<const std::int64_t> rows);

}  // namespace selfnorm
