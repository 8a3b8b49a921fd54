// SPDX-License-Identifier: Apache-2.0
// Copies rows of a data set into a batch.
#pragma once

#include <cstdint>
#include <span>

#include "data/standardizer.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns the number that a value of a field stands for: a byte v for v/255.
double field_number(std::uint8_t byte);
inline double field_number(float value) { return value; }

/// Returns the number of rows of the field.
std::int64_t row_count(const Field& field);

/// Throws Error(data) unless 0 <= row < row_count(field) for every row.
void check_rows(const Field& field, std::span<const std::int64_t> rows);

/// Writes the given rows to `out` (rows.size() × elements(sample_shape) floats) in the memory order
/// of the engine: samples (C,H,W) as H,W,C, all others unchanged. Standardizes them unless
/// `standardizer` is null. Every number is computed in double and rounded once. A byte v
/// counts as v/255. NaN, a missing number, becomes 0. Splits the rows over the OpenMP threads. Does
/// not allocate memory. Throws Error(data) for a row that is not in the field, and Error(shape) for
/// a standardizer of other data.
void gather_batch(const Field& field, const Standardizer* standardizer,
                  std::span<const std::int64_t> rows, float* out);

/// Returns a data set of the given rows, in this order.
Dataset select_rows(const Dataset& data, std::span<const std::int64_t> rows);

/// Returns at most `max_count` of the rows, evenly spaced, since sorted data have the rows of a
/// class together.
std::vector<std::int64_t> evenly_spaced_rows(std::span<const std::int64_t> rows,
                                             std::size_t max_count);

}  // namespace selfnorm
