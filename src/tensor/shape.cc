#include <fmt/format.h>
#include <fmt/ranges.h>

#include "selfnorm/tensor.h"

namespace selfnorm {

std::int64_t elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::string to_string(const Shape& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

}  // namespace selfnorm
