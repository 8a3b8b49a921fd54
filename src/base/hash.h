// SPDX-License-Identifier: Apache-2.0
// A fingerprint of bytes, to tell data apart; not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace selfnorm {

/// XXH64 of the bytes; equal on every machine. A hash of several blocks takes the one before as
/// `seed`.
std::uint64_t hash_bytes(const void* bytes, std::size_t count, std::uint64_t seed = 0);

}  // namespace selfnorm
