// SPDX-License-Identifier: Apache-2.0
#include "kernels/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace selfnorm::kernels {

void histogram(const float* x, std::int64_t n, float low, float high, std::int64_t bins,
               float* counts) {
  std::array<std::int64_t, kMaxBins> exact{};
  const float scale = static_cast<float>(bins) / (high - low), last = static_cast<float>(bins - 1);
  for (std::int64_t i = 0; i < n; ++i) {
    const float at = (x[i] - low) * scale;
    if (std::isnan(at)) continue;
    ++exact[static_cast<std::size_t>(std::clamp(at, 0.0f, last))];
  }
  std::transform(exact.begin(), exact.begin() + bins, counts,
                 [](std::int64_t count) { return static_cast<float>(count); });
}

}  // namespace selfnorm::kernels
