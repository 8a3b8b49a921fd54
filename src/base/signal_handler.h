// SPDX-License-Identifier: Apache-2.0
// Signal handlers for a program that computes with oneDNN.
#pragma once

namespace selfnorm {

/// Installs `handler` for a signal. The handler runs on a separate stack, since oneDNN's generated
/// code stores numbers where the kernel places a handler's frame on the thread's stack, which
/// corrupts the heap (docs/adr/0002-onednn.md). The separate stack applies to the calling thread
/// only. That must be the main thread, which receives the signals of the process. Interrupted
/// system calls restart.
void install_signal_handler(int signal, void (*handler)(int));

/// Installs `handler` for the signals that ask a program to end: SIGINT, SIGTERM, SIGHUP, SIGQUIT
/// and SIGXCPU. A signal that is ignored stays ignored, as SIGHUP under nohup.
void install_end_handler(void (*handler)(int));

}  // namespace selfnorm
