// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

constexpr std::int64_t kMaxBins = 256;

/// Counts the elements of x in each of `bins` equal bins from `low` to `high`. `bins` is at most
/// kMaxBins. Elements beyond either end count in the bin at that end. NaNs do not count. Counts are
/// exact up to 2²⁴, above which floats skip integers.
void histogram(const float* x, std::int64_t n, float low, float high, std::int64_t bins,
               float* counts);

}  // namespace selfnorm::kernels
