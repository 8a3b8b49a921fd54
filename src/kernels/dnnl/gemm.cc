// SPDX-License-Identifier: Apache-2.0
#include "kernels/dnnl/gemm.h"

#include <dnnl.h>

#include <algorithm>

namespace selfnorm {

// The status of dnnl_sgemm is ignored, since it only reports wrong arguments and the shapes have
// been checked.
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b,
          float* c, std::int64_t stride) {
  if (k == 0) {  // oneDNN then leaves C unchanged
    for (std::int64_t i = 0; i < m; ++i) std::fill_n(c + i * stride, n, 0.0f);
    return;
  }
  dnnl_sgemm(a.is_transposed ? 'T' : 'N', b.is_transposed ? 'T' : 'N', m, n, k, 1.0f, a.data,
             a.stride, b.data, b.stride, 0, c, stride);
}

}  // namespace selfnorm
