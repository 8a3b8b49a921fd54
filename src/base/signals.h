// SPDX-License-Identifier: Apache-2.0
// Signals to a program that computes.
#pragma once

namespace selfnorm {

/// Calls `handler` for the signal, on a stack of its own: oneDNN's generated code keeps numbers
/// where the handler's frame would lie on the thread's, and the heap breaks
/// (docs/adr/0002-onednn.md). For the calling thread, which is to be the first: signals to a
/// process come there. Calls of the system go on behind it.
void install_signal_handler(int signal, void (*handler)(int));

}  // namespace selfnorm
