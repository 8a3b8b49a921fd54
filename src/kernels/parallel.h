// SPDX-License-Identifier: Apache-2.0
// Threading of all loops of this library: contiguous blocks of rows on the OpenMP pool.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace selfnorm {

/// Calls f(first, count) for contiguous blocks that together cover rows 0 … rows-1 once. There is
/// one block per thread, or fewer so that each has at least `grain` rows. With a single block, or
/// inside a parallel region, it calls f(0, rows) in the calling thread. The blocks depend only on
/// `rows`, `grain` and the number of threads. Nothing is allocated. f must not throw.
template <class F>
void parallel_rows(std::int64_t rows, std::int64_t grain, F f) {
  if (rows <= 0) return;
  const std::int64_t max_threads = omp_in_parallel() ? 1 : omp_get_max_threads();
  const std::int64_t blocks = std::min(max_threads, rows / std::max<std::int64_t>(grain, 1));
  if (blocks <= 1) {
    f(std::int64_t{0}, rows);
    return;
  }
  // The whole team starts even for few blocks, since libgomp ends and starts threads when the size
  // of the team changes.
#pragma omp parallel for schedule(static, 1)
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::int64_t first = rows * block / blocks;
    f(first, rows * (block + 1) / blocks - first);
  }
}

}  // namespace selfnorm
