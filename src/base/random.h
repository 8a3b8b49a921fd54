// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers. Every draw is a pure function of (key, counter), so nothing depends
// on the number of threads, the vector width or the order of the draws.
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

/// Returns the key of a stream for a purpose `domain` ("mask", "init", "shuffle"), an object `name`
/// and the user's `seed`. Equal arguments give equal keys on every machine (XXH64).
RandomKey random_key(std::uint64_t seed, std::string_view domain, std::string_view name);

/// Returns four uniform 32-bit words for a key and a 128-bit counter, by Philox4x32-10 (Salmon et
/// al. 2011).
std::array<std::uint32_t, 4> philox(RandomKey key, const std::array<std::uint32_t, 4>& counter);

/// Maps 64 random bits to (0, 1): to the centers of 2^53 equal cells, rounded to a double below 1.
double unit_interval(std::uint64_t bits);

/// Returns a uniform double in (0, 1) with 53 bits for draw `index` and `attempt` of the stream.
double uniform(RandomKey key, std::uint64_t index, std::uint32_t attempt = 0);

/// Returns a standard normal double for draw `index` and `attempt` of the stream (Box-Muller).
double normal(RandomKey key, std::uint64_t index, std::uint32_t attempt = 0);

/// Returns the standard normals 0 … count-1 of the stream, rounded to floats.
std::vector<float> standard_normals(RandomKey key, std::size_t count);

/// Returns a standard normal z conditioned on |z| < 2, by rejection. The number of the attempt is
/// part of the counter.
double truncated_normal(RandomKey key, std::uint64_t index);

/// Returns a random permutation of 0 … count-1, drawn from the stream (Fisher-Yates).
std::vector<std::int64_t> permutation(RandomKey key, std::int64_t count);

}  // namespace selfnorm
