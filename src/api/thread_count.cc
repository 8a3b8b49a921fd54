// SPDX-License-Identifier: Apache-2.0
#include "api/thread_count.h"

#include <omp.h>

#include <algorithm>

#include "passes/multiply_adds.h"

namespace selfnorm {
namespace {

int initial_thread_count() {
  static const int count = omp_get_max_threads();
  return count;
}

}  // namespace

void use_threads(std::int64_t count) {
  const int initial = initial_thread_count();
  omp_set_num_threads(count > 0 ? static_cast<int>(count) : initial);
}

std::int64_t choose_thread_count(const Graph& graph, std::int64_t batch_size) {
  // About 0.3 ms of one core. bench/thread_bench.py measures the choice.
  constexpr double kMultiplyAddsOfThread = 12e6;
  constexpr double kPasses = 3;  // forward, and backward to the inputs and to the weights
  const double all = kPasses * multiply_adds(graph) * static_cast<double>(batch_size);
  const double threads = std::clamp(all / kMultiplyAddsOfThread, 1.0,
                                    static_cast<double>(std::max(1, initial_thread_count())));
  return static_cast<std::int64_t>(threads);
}

}  // namespace selfnorm
