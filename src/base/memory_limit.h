// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfnorm {

/// Throws Error(io) if a limit of the address space (`ulimit -v`) leaves less memory than oneDNN
/// and the OpenMP runtime may allocate while they run a step with the current number of threads.
/// Both end the process if they cannot allocate memory. Returns at once without such a limit.
void require_memory_for_libraries();

}  // namespace selfnorm
