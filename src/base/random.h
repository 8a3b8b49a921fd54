// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: every draw is a pure function of (key, counter), so nothing depends
// on the number of threads, the vector width, or the order in which draws are made.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace selfnorm {

/// The key of one stream of draws.
struct RandomKey {
  std::uint64_t bits = 0;
};

/// The key of the stream `domain` ("mask", "init", "shuffle") of the thing called `name`, under the
/// user's `seed`. Equal arguments give equal keys on every machine (XXH64).
RandomKey random_key(std::uint64_t seed, std::string_view domain, std::string_view name);

/// Philox4x32-10 (Salmon et al. 2011): four uniform 32-bit words for a key and a 128-bit counter.
std::array<std::uint32_t, 4> philox(RandomKey key, const std::array<std::uint32_t, 4>& counter);

/// Uniform double in (0, 1), 53 bits, for draw `index` and `attempt` of the stream.
double uniform(RandomKey key, std::uint64_t index, std::uint32_t attempt = 0);

/// Standard normal double for draw `index` and `attempt` of the stream (Box-Muller).
double normal(RandomKey key, std::uint64_t index, std::uint32_t attempt = 0);

/// The first so many of them, rounded to floats.
std::vector<float> standard_normals(RandomKey key, std::size_t count);

/// Standard normal conditioned on |z| < 2 (rejection; the attempt number is part of the counter).
double truncated_normal(RandomKey key, std::uint64_t index);

/// The numbers 0 … count-1 in an order drawn from the stream (Fisher-Yates).
std::vector<std::int64_t> permutation(RandomKey key, std::int64_t count);

}  // namespace selfnorm
