// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace selfnorm {

/// Throws Error(io) if a limit of the address space (`ulimit -v`) leaves less than `bytes`. Returns
/// at once without such a limit. Call it before a library that ends the process, or crashes, if it
/// cannot allocate memory: oneDNN in products of matrices, and libgomp when it starts threads.
void require_memory(std::size_t bytes);

/// Does the same for what oneDNN and libgomp may allocate while they run a step with the current
/// number of threads.
void require_memory_for_libraries();

}  // namespace selfnorm
