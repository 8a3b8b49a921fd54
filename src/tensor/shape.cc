// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "selfnorm/tensor.h"

namespace selfnorm {

std::int64_t elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

bool is_plausible(const Shape& shape) {
  constexpr std::int64_t kMost = std::int64_t{1} << 34;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 1 || extent > kMost / count) return false;
    count *= extent;
  }
  return true;
}

std::string to_string(const Shape& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

}  // namespace selfnorm
