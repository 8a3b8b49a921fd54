// SPDX-License-Identifier: Apache-2.0
// Sums over arrays with errors that do not grow with the length. Results have the same bits for any
// number of threads, but may differ between instruction sets.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

struct Moments {
  double mean = 0;
  double variance = 0;  ///< population variance, divided by n
};

/// Returns the number of doubles that column_sum needs as scratch for this shape.
std::int64_t column_sum_scratch_doubles(std::int64_t rows, std::int64_t columns);

/// Computes out[c] = Σ_r x[r·columns + c], as in the gradient of a bias. Groups of 16 rows are
/// added in float and their sums in double, so |error| ≤ 15·2⁻²⁴·Σ|x| + half an ULP of the result
/// for any number of rows. Large arrays use several threads. `out` must not overlap x.
void column_sum(const float* x, float* out, std::int64_t rows, std::int64_t columns,
                double* scratch);

/// Returns Σ x in double, or 0 for n = 0.
double sum(const float* x, std::int64_t n);

/// Returns Σ x² in double.
double sum_of_squares(const float* x, std::int64_t n);

/// Returns Σ (x + factor·y)² in double, as in the squared norm of a gradient x with its L2 term.
double sum_of_squares(const float* x, double factor, const float* y, std::int64_t n);

/// Returns Σ x·y in double, with exact products.
double dot(const float* x, const float* y, std::int64_t n);

/// Computes the mean and population variance in two passes in double. A constant array has variance
/// exactly 0 (n < 2²⁹). Both are 0 for n = 0 and NaN if an element is NaN. If an element is
/// infinite, the variance is NaN and the mean is not finite.
Moments moments(const float* x, std::int64_t n);

/// Whether all elements are finite.
bool all_finite(const float* x, std::int64_t n);

}  // namespace selfnorm::kernels
