// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace selfnorm {

/// Computes C = op(A)·op(B) + beta·C in float32. All matrices are row-major and without gaps: op(A)
/// is m × k, op(B) is k × n, C is m × n. A is stored as k × m if `transpose_a`, and B as n × k if
/// `transpose_b`. Runs on all threads, or inside a parallel region on the calling thread.
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const float* a, const float* b, float beta, float* c);

}  // namespace selfnorm
