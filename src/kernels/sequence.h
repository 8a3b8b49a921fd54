// SPDX-License-Identifier: Apache-2.0
// Sequences of steps: embedding lookup and pooling over time. A step with token id 0 is padding.
#pragma once

#include <cstdint>

namespace selfnorm {

/// Token ids and row indices are stored as floats, which are exact up to this number.
inline constexpr std::int64_t kMaxTokenIds = std::int64_t{1} << 24;

/// The row of a token id, or 0 (padding) for an id outside the table.
std::int64_t row_of_id(float id, std::int64_t rows);

/// y[i] = table[ids[i]], `width` numbers each. Padding gives zeros.
void embedding_lookup(const float* ids, std::int64_t count, const float* table, std::int64_t rows,
                      std::int64_t width, float* y);

/// dtable = 0, then dtable[ids[i]] += dy[i], in the order of i for any number of threads.
void embedding_lookup_gradient(const float* ids, std::int64_t count, const float* dy,
                               std::int64_t rows, std::int64_t width, float* dtable);

/// The shape of sequences: samples × steps × width.
struct SequenceShape {
  std::int64_t samples = 0, steps = 0, width = 0;
};

/// Maps a step to its row of x. Without packed rows, each step has its own row.
struct StepRowIndex {
  const float* ids = nullptr;  ///< token ids, 0 for padding; null if no step is padding
  /// If rows are packed: the row of each step, negative for padding.
  const float* step_rows = nullptr;
};

/// y = n^(-power) · Σ over the n steps of a sample that are not padding. 0 if there are none.
void sum_steps(const float* x, const StepRowIndex& rows, const SequenceShape& shape, double power,
               float* y);
void sum_steps_gradient(const float* dy, const float* ids, const SequenceShape& shape, double power,
                        float* dx);

/// The maximum over the same steps and its index (the first of equal ones; −1 if there are none).
void max_steps(const float* x, const StepRowIndex& rows, const SequenceShape& shape, float* y,
               float* argmax);
void max_steps_gradient(const float* dy, const float* argmax, const SequenceShape& shape,
                        float* dx);

/// The same gradients for `packed` rows: the sum over the steps of each row, in their order for any
/// number of threads.
void sum_packed_gradient(const float* dy, const StepRowIndex& rows, const SequenceShape& shape,
                         double power, std::int64_t packed, float* dx);
void max_packed_gradient(const float* dy, const float* argmax, const float* step_rows,
                         const SequenceShape& shape, std::int64_t packed, float* dx);

/// The packed rows of samples × steps token ids.
struct PackedRows {
  float* token_ids;  ///< token id of each row; room for samples × steps
  float* step_rows;  ///< row of each step, or −1
  float* starts;     ///< first row of each sample, then the number of rows
};

/// Packs one row per distinct token, in order of first appearance. If `padding`, padding has a row
/// too. Ids outside the table share one row. All starts are 0. `scratch` holds one number per row
/// of the table.
void pack_unique_tokens(const float* ids, const SequenceShape& shape, std::int64_t table_rows,
                        bool padding, std::int32_t* scratch, const PackedRows& packed);

/// Packs one row per step of a sample up to its last token, in order. No step refers to the rows of
/// padding among them.
void pack_unpadded_steps(const float* ids, const SequenceShape& shape, const PackedRows& packed);

}  // namespace selfnorm
