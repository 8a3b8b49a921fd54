// SPDX-License-Identifier: Apache-2.0
// Scalar reference of the masks in docs/adr/0003-masks.md.
#pragma once

#include <array>
#include <cstdint>

#include "base/random.h"
#include "kernels/pointwise.h"

namespace selfnorm::ref {

/// Returns the Philox counter of a block of eight draws in a row of the whole batch.
constexpr std::array<std::uint32_t, 4> mask_counter(std::uint64_t step, std::uint64_t global_row,
                                                    std::uint32_t block) {
  const std::uint64_t high = (global_row >> 32 << 16) | (step >> 32 & 0xffff);
  return {block, static_cast<std::uint32_t>(global_row), static_cast<std::uint32_t>(step),
          static_cast<std::uint32_t>(high)};
}

/// Returns the 16-bit draw of an element. `row` counts from the first row of the stream, and
/// `element` is below 2^35.
inline std::uint32_t mask_bits(const MaskStream& mask, std::uint64_t row, std::uint64_t element) {
  const std::uint64_t chunk = element / 128, within = element % 128;
  const auto block = static_cast<std::uint32_t>(16 * chunk + within % 16);
  const auto half_word = static_cast<std::uint32_t>(within / 16);
  const auto words = philox(mask.key, mask_counter(mask.step, mask.first_row + row, block));
  return words[half_word / 2] >> (16 * (half_word % 2)) & 0xffff;
}

/// Whether the element is kept.
inline bool is_kept(const Dropout& dropout, const MaskStream& mask, std::uint64_t row,
                    std::uint64_t element) {
  return dropout.kind == DropoutKind::none || mask_bits(mask, row, element) < dropout.threshold;
}

}  // namespace selfnorm::ref
