// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <xxhash.h>

namespace selfnorm {

std::uint64_t hash_bytes(const void* bytes, std::size_t count, std::uint64_t seed) {
  return XXH64(bytes, count, seed);
}

}  // namespace selfnorm
