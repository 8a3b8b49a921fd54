// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace selfnorm {

/// A row-major matrix that is read as it is stored or transposed.
struct Matrix {
  const float* data;
  std::int64_t stride;  ///< from one stored row to the next
  bool is_transposed = false;
};

/// Computes C = A·B in float32, where A is m × k, B is k × n and C is m × n with `stride` numbers
/// from one row to the next. Runs on all threads, or inside a parallel region on the calling
/// thread.
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b,
          float* c, std::int64_t stride);

}  // namespace selfnorm
