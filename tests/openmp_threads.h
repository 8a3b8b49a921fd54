// SPDX-License-Identifier: Apache-2.0
// Controls OpenMP's number of threads in a test.
#pragma once

#include <gtest/gtest.h>
#include <omp.h>

namespace selfnorm {

// Sets the number of threads of parallel regions, and restores it at the end of the scope.
class ScopedOpenMpThreads {
 public:
  explicit ScopedOpenMpThreads(int count) : before_(omp_get_max_threads()) {
    omp_set_num_threads(count);
  }
  ScopedOpenMpThreads(const ScopedOpenMpThreads&) = delete;
  ScopedOpenMpThreads& operator=(const ScopedOpenMpThreads&) = delete;
  ~ScopedOpenMpThreads() { omp_set_num_threads(before_); }

 private:
  int before_;
};

}  // namespace selfnorm

// Put this at the start of a test that sets more than one thread. libgomp is not instrumented, so
// the thread sanitizer does not know when parallel regions begin and end, and reports data races.
#if defined(__SANITIZE_THREAD__)
#define SELFNORM_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SELFNORM_THREAD_SANITIZER
#endif
#endif
#ifdef SELFNORM_THREAD_SANITIZER
#define SKIP_UNDER_THREAD_SANITIZER() GTEST_SKIP() << "libgomp is not instrumented"
#else
#define SKIP_UNDER_THREAD_SANITIZER() static_cast<void>(0)
#endif
