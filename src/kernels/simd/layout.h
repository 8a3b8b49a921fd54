// SPDX-License-Identifier: Apache-2.0
// Conversion from the layout of files to that of the engine: transposes between channels-first and
// features-last, and gathering of batches from a data set. Single-threaded. Arrays must not
// overlap.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// Converts a sample from (C, H, W) to (H, W, C): to[p·channels + c] = from[c·positions + p], bit
/// for bit.
void to_channels_last(const float* from, float* to, std::int64_t channels, std::int64_t positions);

/// Converts a sample back to (C, H, W): to[c·positions + p] = from[p·channels + c].
void to_channels_first(const float* from, float* to, std::int64_t channels, std::int64_t positions);

/// The standardization of each number x of a sample: (x − mean)·inverse_standard_deviation, with
/// two roundings. The arrays hold one number in total, per channel, or per element in the stored
/// (channels-first) order of a sample. Null arrays leave x unchanged.
struct Standardization {
  enum class Granularity : std::uint8_t { all, channel, element };
  Granularity granularity = Granularity::all;
  const float* mean = nullptr;
  const float* inverse_standard_deviation = nullptr;
};

/// Gathers and standardizes rows. Row i of `out` (positions × channels) is row indexes[i] of `data`
/// (channels × positions, stored channels-first). A byte v becomes v / 255, correctly rounded. The
/// bits are the same on every target. Tables have channels = 1 or positions = 1, and nothing is
/// reordered.
void gather_rows(const std::uint8_t* data, const std::int64_t* indexes, std::int64_t count,
                 std::int64_t channels, std::int64_t positions,
                 const Standardization& standardization, float* out);
void gather_rows(const float* data, const std::int64_t* indexes, std::int64_t count,
                 std::int64_t channels, std::int64_t positions,
                 const Standardization& standardization, float* out);

}  // namespace selfnorm::kernels
