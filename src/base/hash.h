// SPDX-License-Identifier: Apache-2.0
// A fingerprint that identifies data. It is not cryptographic.
#pragma once

#include <cstddef>
#include <cstdint>

namespace selfnorm {

/// Returns the XXH64 hash of the bytes, which is equal on every machine. To hash several blocks,
/// pass the hash of the previous block as `seed`.
std::uint64_t hash_bytes(const void* bytes, std::size_t count, std::uint64_t seed = 0);

}  // namespace selfnorm
