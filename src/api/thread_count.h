// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace selfnorm {

/// Makes the calling thread use this number of OpenMP threads. 0 stands for the number before the
/// first call: all cores, or OMP_NUM_THREADS.
void use_threads(std::int64_t count);

/// Returns the number of threads that divide the work of a training step, but at most the number
/// before the first call of `use_threads`. Small steps take one thread: more would wait for each
/// other as long as they compute, and much longer if other programs use the cores. The result does
/// not depend on the load. `graph` is that of one sample.
std::int64_t choose_thread_count(const Graph& graph, std::int64_t batch_size);

}  // namespace selfnorm
