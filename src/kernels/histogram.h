// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

constexpr std::int64_t kMaxBins = 256;

/// How many of x lie in each of `bins` equal bins from `low` to `high`, at most kMaxBins: what
/// lies beyond either end counts into the bin there, what is no number nowhere. Counts are exact up
/// to 2²⁴, where floats end to count.
void histogram(const float* x, std::int64_t n, float low, float high, std::int64_t bins,
               float* counts);

}  // namespace selfnorm::kernels
