// SPDX-License-Identifier: Apache-2.0
// Softmax over the columns of each row. Single-threaded: callers split the rows.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// y[r][c] = e^(x[r][c] − m) / Σ_k e^(x[r][k] − m) with m the row's maximum (ONNX Softmax, last
/// axis). x and y are rows × columns; y may be x. Relative error below (m − x + 8)·2⁻²⁴ in each
/// element plus the same, averaged with weights y, from the sum; nothing overflows for finite x. An
/// element of −∞ gives 0; a row holding NaN or +∞, or only −∞, has no softmax and becomes NaN.
void softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns);

/// dx[r][c] = y[r][c]·(dy[r][c] − Σ_k y[r][k]·dy[r][k]) from the output y alone, the sum in double.
/// dx may be y or dy.
void softmax_gradient(const float* y, const float* dy, float* dx, std::int64_t rows,
                      std::int64_t columns);

}  // namespace selfnorm::kernels
