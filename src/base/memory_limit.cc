// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

#include <fmt/format.h>
#include <omp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cstddef>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// For generated code, and per thread for its stack and the packed parts of a matrix. With less,
// runs crashed in tests/cli/resource_limits_test.py.
constexpr std::size_t kLibraryBytes = 64 * kMebibyte;
constexpr std::size_t kThreadBytes = 32 * kMebibyte;

}  // namespace

void require_memory_for_libraries() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const std::size_t bytes =
      kLibraryBytes + static_cast<std::size_t>(omp_get_max_threads()) * kThreadBytes;
  void* memory =
      mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) {
    munmap(memory, bytes);
    return;
  }
  throw Error(ErrorKind::io,
              fmt::format("not enough memory: a step may need {} MB more, but the address space is "
                          "limited to {} MB (raise the limit with `ulimit -v`, or use a smaller "
                          "batch or fewer threads)",
                          bytes / kMebibyte, limit.rlim_cur / kMebibyte));
}

}  // namespace selfnorm
