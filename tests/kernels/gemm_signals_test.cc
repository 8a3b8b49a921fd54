// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/signal_handler.h"
#include "kernels/dnnl/gemm.h"

namespace selfnorm {
namespace {

volatile sig_atomic_t g_signals = 0;

// Sends a signal every tenth of a millisecond until it is destroyed.
class Alarms {
 public:
  Alarms() {
    install_signal_handler(SIGALRM, [](int) { g_signals = g_signals + 1; });
    set(100);
  }
  ~Alarms() {
    set(0);
    signal(SIGALRM, SIG_IGN);
  }
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

 private:
  static void set(int microseconds) {
    const itimerval timer{{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
};

// If the handler used the stack of the thread, this program would end with "free(): invalid
// pointer".
TEST(Gemm, IsNotCorruptedBySignals) {
  const Alarms alarms;
  constexpr std::int64_t kRows = 32, kInner = 128, kColumns = 10;
  const std::vector<float> a(kRows * kInner, 1), b(kInner * kColumns, 1);
  for (int i = 0; i < 200'000 && g_signals < 5'000; ++i) {
    std::vector<float> c(kRows * kColumns, 0);
    gemm(kRows, kColumns, kInner, {a.data(), kInner}, {b.data(), kColumns}, c.data(), kColumns);
    ASSERT_TRUE(std::ranges::all_of(c, [](float x) { return x == kInner; })) << i;
  }
  EXPECT_GT(g_signals, 0);
}

}  // namespace
}  // namespace selfnorm
