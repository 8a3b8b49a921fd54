// SPDX-License-Identifier: Apache-2.0
// Sums over arrays, accumulated so that the error does not grow with their length. The same bits
// for any number of threads (they may differ between instruction sets).
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

struct Moments {
  double mean = 0;
  double variance = 0;  ///< mean square deviation, divided by n
};

/// Doubles of scratch that column_sum needs for this shape.
std::int64_t column_sum_scratch(std::int64_t rows, std::int64_t columns);

/// out[c] = Σ_r x[r·columns + c]: the gradient of a bias. Groups of 16 rows are added in float and
/// their sums in double: |error| ≤ 15·2⁻²⁴·Σ|x| + half an ULP of the result, whatever `rows` is.
/// Threads share the work when it is large. `out` must not overlap x.
void column_sum(const float* x, float* out, std::int64_t rows, std::int64_t columns,
                double* scratch);

/// Σ x in double; 0 for n = 0.
double sum(const float* x, std::int64_t n);

/// Σ x² in double.
double sum_of_squares(const float* x, std::int64_t n);

/// Σ (x + factor·y)² in double: the squared norm of a gradient x with its L2 term.
double sum_of_squares(const float* x, double factor, const float* y, std::int64_t n);

/// Σ x·y in double, each product exact.
double dot(const float* x, const float* y, std::int64_t n);

/// Mean and population variance in two passes in double; a constant array has variance exactly 0
/// (n < 2²⁹). Zeros for n = 0; NaN where an element is NaN or infinite.
Moments moments(const float* x, std::int64_t n);

/// Whether no element is NaN or infinite.
bool all_finite(const float* x, std::int64_t n);

}  // namespace selfnorm::kernels
