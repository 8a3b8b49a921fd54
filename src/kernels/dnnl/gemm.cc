// SPDX-License-Identifier: Apache-2.0
#include "kernels/dnnl/gemm.h"

#include <dnnl.h>

namespace selfnorm {

// The status of dnnl_sgemm is ignored, since it only reports wrong arguments and the shapes have
// been checked.
void gemm(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const float* a, const float* b, float beta, float* c) {
  if (k == 0) {  // oneDNN then leaves C unchanged
    for (std::int64_t i = 0; i < m * n; ++i) c[i] = beta == 0 ? 0 : beta * c[i];
    return;
  }
  dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
             transpose_a ? m : k, b, transpose_b ? k : n, beta, c, n);
}

}  // namespace selfnorm
