// SPDX-License-Identifier: Apache-2.0
// Sequences of steps: rows of a table for the numbers of words, and what is pooled over the steps
// that are there. A step whose number is 0 is padding.
#pragma once

#include <cstdint>

namespace selfnorm {

/// Numbers of words, and of rows, travel as floats, which count so far.
inline constexpr std::int64_t kMaxTokenIds = std::int64_t{1} << 24;

/// Numbers that name no row of the table count as padding; nobody reads beyond it.
std::int64_t row_of_id(float id, std::int64_t rows);

/// y[i] = table[ids[i]], `width` numbers each; 0 for padding.
void embedding_lookup(const float* ids, std::int64_t count, const float* table, std::int64_t rows,
                      std::int64_t width, float* y);

/// dtable = 0, then dtable[ids[i]] += dy[i], in the order of i whatever the thread count.
void embedding_lookup_gradient(const float* ids, std::int64_t count, const float* dy,
                               std::int64_t rows, std::int64_t width, float* dtable);

/// Samples × steps × width numbers.
struct SequenceShape {
  std::int64_t samples = 0, steps = 0, width = 0;
};

/// Which row of x is a step's: its own, where no packed rows are meant.
struct StepRowIndex {
  const float* ids = nullptr;     ///< marks the steps that are not padding; null if none is
  const float* places = nullptr;  ///< of packed rows: each step's row, below 0 of one without
};

/// y = n^(-power) · Σ over the n steps of a sample that are there; 0 where there are none.
void sum_steps(const float* x, const StepRowIndex& rows, const SequenceShape& shape, double power,
               float* y);
void sum_steps_gradient(const float* dy, const float* ids, const SequenceShape& shape, double power,
                        float* dx);

/// The largest over those steps, and which it is (the first of equal ones; −1 without any).
void max_steps(const float* x, const StepRowIndex& rows, const SequenceShape& shape, float* y,
               float* which);
void max_steps_gradient(const float* dy, const float* which, const SequenceShape& shape, float* dx);

/// The same gradients of `packed` rows: of each the sum over its steps, in their order whatever the
/// thread count.
void sum_packed_gradient(const float* dy, const StepRowIndex& rows, const SequenceShape& shape,
                         double power, std::int64_t packed, float* dx);
void max_packed_gradient(const float* dy, const float* which, const float* places,
                         const SequenceShape& shape, std::int64_t packed, float* dx);

/// Rows for samples × steps of words, `words` saying whose each is.
struct Packed {
  float* words;   ///< by row; room for samples × steps
  float* places;  ///< by step: its row, or −1
  float* starts;  ///< by sample: its first row; behind the last, how many rows there are
};

/// A row for each distinct word, in the order in which they come; one for padding too when that is
/// wanted. Words of no row in the table are one. All starts are 0. `scratch` holds a number for
/// each row of the table.
void pack_unique_tokens(const float* ids, const SequenceShape& shape, std::int64_t table_rows,
                        bool padding, std::int32_t* scratch, const Packed& packed);

/// A row for each step up to the last of its sample that is there, in order; those of padding among
/// them have no step.
void pack_unpadded_steps(const float* ids, const SequenceShape& shape, const Packed& packed);

}  // namespace selfnorm
