// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/layout.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/layout.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/sweep-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

const hn::ScalableTag<float> d;
using V = hn::Vec<decltype(d)>;

constexpr std::size_t kTile = 32;  // side of a tile; two tiles (2 × 4 KiB) fit in the L1 cache

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kBlock = 1;
HWY_INLINE void TransposeBlock(const float* x, std::size_t, float* y, std::size_t) { *y = *x; }
#else
constexpr std::size_t kBlock = 4;
// Transposes a 4 × 4 block. `from` and `to` are the strides in floats.
HWY_INLINE void TransposeBlock(const float* x, std::size_t from, float* y, std::size_t to) {
  const hn::FixedTag<float, 4> four;
  const hn::Repartition<double, decltype(four)> pairs;
  const auto a = hn::LoadU(four, x), b = hn::LoadU(four, x + from);
  const auto c = hn::LoadU(four, x + 2 * from), e = hn::LoadU(four, x + 3 * from);
  const auto ab_low = hn::BitCast(pairs, hn::InterleaveLower(four, a, b));
  const auto ab_high = hn::BitCast(pairs, hn::InterleaveUpper(four, a, b));
  const auto ce_low = hn::BitCast(pairs, hn::InterleaveLower(four, c, e));
  const auto ce_high = hn::BitCast(pairs, hn::InterleaveUpper(four, c, e));
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, ab_low, ce_low)), four, y);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, ab_low, ce_low)), four, y + to);
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, ab_high, ce_high)), four, y + 2 * to);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, ab_high, ce_high)), four, y + 3 * to);
}
#endif

// y[c·to + r] = x[r·from + c] for r < rows, c < columns.
void TransposeTile(const float* x, std::size_t from, float* y, std::size_t to, std::size_t rows,
                   std::size_t columns) {
  const std::size_t whole_rows = rows / kBlock * kBlock;
  const std::size_t whole_columns = columns / kBlock * kBlock;
  for (std::size_t c = 0; c < whole_columns; c += kBlock) {
    for (std::size_t r = 0; r < whole_rows; r += kBlock) {
      TransposeBlock(x + r * from + c, from, y + c * to + r, to);
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t first = r < whole_rows ? whole_columns : 0;
    for (std::size_t c = first; c < columns; ++c) y[c * to + r] = x[r * from + c];
  }
}

// Transposes x (rows × columns) to y (columns × rows).
void Transpose(const float* x, float* y, std::size_t rows, std::size_t columns) {
  for (std::size_t c = 0; c < columns; c += kTile) {
    const std::size_t width = columns - c < kTile ? columns - c : kTile;
    for (std::size_t r = 0; r < rows; r += kTile) {
      const std::size_t height = rows - r < kTile ? rows - r : kTile;
      TransposeTile(x + r * columns + c, columns, y + c * rows + r, rows, height, width);
    }
  }
}

// Loads the next numbers of a sample as floats. A byte v becomes v / 255.
template <class Lanes>
HWY_INLINE V LoadNumbers(Lanes lanes, const float* x) {
  return lanes.load(d, x);
}
template <class Lanes>
HWY_INLINE V LoadNumbers(Lanes lanes, const std::uint8_t* x) {
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  const hn::Rebind<std::int32_t, decltype(d)> whole;
  const auto value = hn::ConvertTo(d, hn::PromoteTo(whole, lanes.load(bytes, x)));
  return hn::Div(value, hn::Set(d, 255.0f));
}

// Standardizes n numbers x of channel `channel`. `offset` is the number of elements of the sample
// before x.
template <class T>
void Standardize(const T* x, float* out, std::size_t n, const Standardization& standardization,
                 std::size_t channel, std::size_t offset) {
  if (standardization.mean == nullptr) {
    sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
      lanes.store(LoadNumbers(lanes, x + i), d, out + i);
    });
  } else if (standardization.granularity == Standardization::Granularity::element) {
    const float *means = standardization.mean + offset,
                *inverses = standardization.inverse_standard_deviation + offset;
    sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
      const V centered = hn::Sub(LoadNumbers(lanes, x + i), lanes.load(d, means + i));
      lanes.store(hn::Mul(centered, lanes.load(d, inverses + i)), d, out + i);
    });
  } else {
    const std::size_t at =
        standardization.granularity == Standardization::Granularity::channel ? channel : 0;
    const V mean = hn::Set(d, standardization.mean[at]),
            inverse = hn::Set(d, standardization.inverse_standard_deviation[at]);
    sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
      lanes.store(hn::Mul(hn::Sub(LoadNumbers(lanes, x + i), mean), inverse), d, out + i);
    });
  }
}

// Gathers one image. Tiles are standardized into a small buffer and transposed from there.
template <class T>
void GatherImage(const T* x, std::size_t channels, std::size_t positions,
                 const Standardization& standardization, float* out) {
  HWY_ALIGN float tile[kTile * kTile];
  for (std::size_t p = 0; p < positions; p += kTile) {
    const std::size_t width = positions - p < kTile ? positions - p : kTile;
    for (std::size_t c = 0; c < channels; c += kTile) {
      const std::size_t height = channels - c < kTile ? channels - c : kTile;
      for (std::size_t k = 0; k < height; ++k) {
        const std::size_t offset = (c + k) * positions + p;
        Standardize(x + offset, tile + k * kTile, width, standardization, c + k, offset);
      }
      TransposeTile(tile, kTile, out + p * channels + c, channels, height, width);
    }
  }
}

template <class T>
void Gather(const T* data, const std::int64_t* indexes, std::size_t count, std::size_t channels,
            std::size_t positions, const Standardization& standardization, float* out) {
  const std::size_t size = channels * positions;
  Standardization flat = standardization;  // with one position, a channel is an element
  if (positions == 1 && standardization.granularity == Standardization::Granularity::channel) {
    flat.granularity = Standardization::Granularity::element;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const T* row = data + static_cast<std::size_t>(indexes[i]) * size;
    if (channels == 1 || positions == 1) Standardize(row, out + i * size, size, flat, 0, 0);
    else GatherImage(row, channels, positions, standardization, out + i * size);
  }
}

void GatherBytes(const std::uint8_t* data, const std::int64_t* indexes, std::size_t count,
                 std::size_t channels, std::size_t positions,
                 const Standardization& standardization, float* out) {
  Gather(data, indexes, count, channels, positions, standardization, out);
}

void GatherFloats(const float* data, const std::int64_t* indexes, std::size_t count,
                  std::size_t channels, std::size_t positions,
                  const Standardization& standardization, float* out) {
  Gather(data, indexes, count, channels, positions, standardization, out);
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(Transpose);
HWY_EXPORT(GatherBytes);
HWY_EXPORT(GatherFloats);

namespace {

void transpose(const float* from, float* to, std::int64_t rows, std::int64_t columns) {
  if (rows == 1 || columns == 1) {
    const auto bytes = static_cast<std::size_t>(rows * columns) * sizeof(float);
    if (bytes > 0) std::memcpy(to, from, bytes);
    return;
  }
  HWY_DYNAMIC_DISPATCH(Transpose)
  (from, to, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
}

}  // namespace

void to_channels_last(const float* from, float* to, std::int64_t channels, std::int64_t positions) {
  transpose(from, to, channels, positions);
}

void to_channels_first(const float* from, float* to, std::int64_t channels,
                       std::int64_t positions) {
  transpose(from, to, positions, channels);
}

void gather_rows(const std::uint8_t* data, const std::int64_t* indexes, std::int64_t count,
                 std::int64_t channels, std::int64_t positions,
                 const Standardization& standardization, float* out) {
  HWY_DYNAMIC_DISPATCH(GatherBytes)
  (data, indexes, static_cast<std::size_t>(count), static_cast<std::size_t>(channels),
   static_cast<std::size_t>(positions), standardization, out);
}

void gather_rows(const float* data, const std::int64_t* indexes, std::int64_t count,
                 std::int64_t channels, std::int64_t positions,
                 const Standardization& standardization, float* out) {
  HWY_DYNAMIC_DISPATCH(GatherFloats)
  (data, indexes, static_cast<std::size_t>(count), static_cast<std::size_t>(channels),
   static_cast<std::size_t>(positions), standardization, out);
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
