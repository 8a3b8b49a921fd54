// SPDX-License-Identifier: Apache-2.0
#include "base/signal_handler.h"

#include <signal.h>

#include <array>
#include <cstddef>

namespace selfnorm {

void install_signal_handler(int signal, void (*handler)(int)) {
  static std::array<std::byte, std::size_t{1} << 16> stack;  // fits all vector registers
  stack_t own{};
  own.ss_sp = stack.data();
  own.ss_size = stack.size();
  sigaltstack(&own, nullptr);
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  sigaction(signal, &action, nullptr);
}

void install_end_handler(void (*handler)(int)) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) install_signal_handler(signal, handler);
  }
}

}  // namespace selfnorm
