// SPDX-License-Identifier: Apache-2.0
// Elementwise arithmetic on n floats. An output may be one of the inputs but must not overlap it
// otherwise. Single-threaded. Elements are independent, so ranges may be split anywhere.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// out = x + y, correctly rounded.
void add(const float* x, const float* y, float* out, std::int64_t n);

/// out = x·y, correctly rounded.
void multiply(const float* x, const float* y, float* out, std::int64_t n);

/// out = |x − y|, correctly rounded.
void absolute_difference(const float* x, const float* y, float* out, std::int64_t n);

/// out = g if x > y, −g if x < y, else 0: the gradient g of |x − y| propagated to x.
void absolute_difference_slope(const float* x, const float* y, const float* g, float* out,
                               std::int64_t n);

/// out = factor·x, correctly rounded.
void scale(float factor, const float* x, float* out, std::int64_t n);

/// out = factor·x + shift, within one rounding of the product and one of the sum.
void scale_shift(float factor, float shift, const float* x, float* out, std::int64_t n);

/// out = factors·x + shifts with one factor and shift for each feature, within one rounding of the
/// product and one of the sum.
void scale_shift_features(const float* factors, const float* shifts, const float* x, float* out,
                          std::int64_t rows, std::int64_t features);

/// out = a·x + b·y, within one rounding of each of the three results.
void scale_add(float a, const float* x, float b, const float* y, float* out, std::int64_t n);

/// out += x, correctly rounded.
void accumulate(const float* x, float* out, std::int64_t n);

/// out += factor·x, within one rounding of the product and one of the sum.
void accumulate_scaled(float factor, const float* x, float* out, std::int64_t n);

/// out = value in every element.
void fill(float value, float* out, std::int64_t n);

/// out = x, bit for bit.
void copy(const float* x, float* out, std::int64_t n);

}  // namespace selfnorm::kernels
