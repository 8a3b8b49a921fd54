// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

#include <fmt/format.h>
#include <omp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// More than was needed in the trials of tests/faults/memory_test.py: generated code, and per thread
// its stack and the packed parts of a matrix.
constexpr std::size_t kLibraryBytes = 64 * kMebibyte;
constexpr std::size_t kThreadBytes = 32 * kMebibyte;

}  // namespace

void require_memory(std::size_t bytes) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  void* memory =
      mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) {
    munmap(memory, bytes);
    return;
  }
  throw Error(ErrorKind::io,
              fmt::format("not enough memory: the process may use {} MB of address space, and less "
                          "than the {} MB that a step may need are left (raise the limit with "
                          "`ulimit -v`, or use a smaller batch or fewer threads)",
                          limit.rlim_cur / kMebibyte, bytes / kMebibyte));
}

void require_memory_for_libraries() {
  require_memory(kLibraryBytes + static_cast<std::size_t>(omp_get_max_threads()) * kThreadBytes);
}

}  // namespace selfnorm
