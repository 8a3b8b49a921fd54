// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

namespace selfnorm {

/// Converts a nonnegative integer to an index into a vector.
template <std::integral T>
constexpr std::size_t as_index(T i) {
  return static_cast<std::size_t>(i);
}

}  // namespace selfnorm
