// SPDX-License-Identifier: Apache-2.0
// From the order of files to the order of the engine: transposes between channels-first and
// features-last, and batches gathered from a data set. Single-threaded; nothing may overlap.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// to[p·channels + c] = from[c·positions + p]: one sample (C, H, W) as H, W, C. Bits are kept.
void to_channels_last(const float* from, float* to, std::int64_t channels, std::int64_t positions);

/// to[c·positions + p] = from[p·channels + c]: the way back.
void to_channels_first(const float* from, float* to, std::int64_t channels, std::int64_t positions);

/// What is done to each number x of a sample: (x − mean)·inverse_standard_deviation, two roundings.
/// The arrays hold one number in all, one a channel, or one an element in the sample's stored
/// (channels-first) order. Null arrays leave x as it is.
struct Standardization {
  enum class By : std::uint8_t { all, channel, element };
  By by = By::all;
  const float* mean = nullptr;
  const float* inverse_standard_deviation = nullptr;
};

/// Row indexes[i] of `data`, rows of channels × positions numbers stored channels-first, becomes
/// row i of `out`, positions × channels, standardized. A byte v stands for v / 255, correctly
/// rounded. The same bits on every target. For tables channels = 1 or positions = 1 and nothing is
/// reordered.
void gather_rows(const std::uint8_t* data, const std::int64_t* indexes, std::int64_t count,
                 std::int64_t channels, std::int64_t positions, const Standardization& how,
                 float* out);
void gather_rows(const float* data, const std::int64_t* indexes, std::int64_t count,
                 std::int64_t channels, std::int64_t positions, const Standardization& how,
                 float* out);

}  // namespace selfnorm::kernels
