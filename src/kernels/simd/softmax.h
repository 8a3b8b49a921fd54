// SPDX-License-Identifier: Apache-2.0
// Softmax over the columns of each row, single-threaded. Callers split the rows.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// Computes y[r][c] = e^(x[r][c] − m) / Σ_k e^(x[r][k] − m), where m is the maximum of the row
/// (ONNX Softmax, last axis). x and y are rows × columns. y may be x. The relative error of each
/// element is below (m − x + 8)·2⁻²⁴, plus the average of the same bound with weights y, from the
/// sum. Nothing overflows for finite x. An element of −∞ gives 0. A row with NaN or +∞, or with
/// only −∞, has no softmax and becomes NaN.
void softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns);

/// Computes dx[r][c] = y[r][c]·(dy[r][c] − Σ_k y[r][k]·dy[r][k]) from the output y, with the sum in
/// double. dx may be y or dy.
void softmax_gradient(const float* y, const float* dy, float* dx, std::int64_t rows,
                      std::int64_t columns);

}  // namespace selfnorm::kernels
