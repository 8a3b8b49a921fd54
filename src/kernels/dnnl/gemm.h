// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace selfnorm {

/// C = op(A)·op(B) + beta·C in float32, all row-major: op(A) is m × k, op(B) is k × n, C is m × n.
/// A is stored k × m when `transpose_a`, B n × k when `transpose_b`, without gaps. Runs on all
/// threads, or on the calling one inside a parallel region.
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const float* a, const float* b, float beta, float* c);

}  // namespace selfnorm
