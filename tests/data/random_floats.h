// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"

namespace selfnorm {

/// Returns numbers of a normal distribution, which are the same each time.
inline std::vector<float> random_floats(std::size_t count, float scale, float shift) {
  const RandomKey key = random_key(7, "test", "floats");
  std::vector<float> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = scale * static_cast<float>(normal(key, i)) + shift;
  }
  return out;
}

}  // namespace selfnorm
