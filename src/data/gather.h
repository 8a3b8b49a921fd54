// SPDX-License-Identifier: Apache-2.0
// Copies rows of a data set into a batch.
#pragma once

#include <cstdint>
#include <span>

#include "data/standardizer.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// The number of rows of the field.
std::int64_t field_rows(const Field& field);

/// Throws Error(data) unless 0 <= row < field_rows(field) for all.
void check_rows(const Field& field, std::span<const std::int64_t> rows);

/// Writes the given rows, standardized unless `standardizer` is null, to `out`
/// (rows.size() × elements(sample_shape) floats) as the engine holds them: samples (C,H,W) as
/// H,W,C, all others as they are. Every number is computed in double and rounded once; bytes count
/// as v / 255. Splits rows over the OpenMP threads; allocates nothing. Error(data) when a row is
/// not in the field, Error(shape) when the standardizer is of other data.
void gather_batch(const Field& field, const Standardizer* standardizer,
                  std::span<const std::int64_t> rows, float* out);

/// The given rows, in this order, as a data set of their own.
Dataset take_rows(const Dataset& data, std::span<const std::int64_t> rows);

}  // namespace selfnorm
