// OpenMP's number of threads in a test.
#pragma once

#include <gtest/gtest.h>
#include <omp.h>

namespace selfnorm {

// Sets the number of threads of parallel regions, and restores it on leaving.
class OpenMpThreads {
 public:
  explicit OpenMpThreads(int count) : before_(omp_get_max_threads()) { omp_set_num_threads(count); }
  OpenMpThreads(const OpenMpThreads&) = delete;
  OpenMpThreads& operator=(const OpenMpThreads&) = delete;
  ~OpenMpThreads() { omp_set_num_threads(before_); }

 private:
  int before_;
};

}  // namespace selfnorm

// For the start of a test that sets more than one thread. libgomp is not instrumented, so the
// thread sanitizer does not see that its regions begin and end, and reports them as races.
#if defined(__SANITIZE_THREAD__)
#define SELFNORM_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SELFNORM_THREAD_SANITIZER
#endif
#endif
#ifdef SELFNORM_THREAD_SANITIZER
#define SKIP_WHERE_OPENMP_IS_NOT_SEEN() GTEST_SKIP() << "libgomp is not instrumented"
#else
#define SKIP_WHERE_OPENMP_IS_NOT_SEEN() static_cast<void>(0)
#endif
