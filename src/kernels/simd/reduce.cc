// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/reduce.h"

#include <algorithm>

#include "kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/reduce.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/sweep-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

const hn::ScalableTag<float> d;
const Wide<decltype(d)> wide;

constexpr std::size_t kFloatRows = 16;    // rows added in float before the sum is added in double
constexpr std::size_t kFiniteRun = 4096;  // elements checked between two chances to stop

// Sums `rows` rows of n columns. Consecutive rows are `stride` floats apart.
void ColumnPartial(const float* x, double* out, std::size_t rows, std::size_t n,
                   std::size_t stride) {
  sweep(d, n, [&](std::size_t c, auto lanes) HWY_ATTR {
    auto low = hn::Zero(wide), high = hn::Zero(wide);
    for (std::size_t first = 0; first < rows; first += kFloatRows) {
      const std::size_t end = first + kFloatRows < rows ? first + kFloatRows : rows;
      auto group = hn::Zero(d);
      for (std::size_t r = first; r < end; ++r) {
        group = hn::Add(group, lanes.load(d, x + r * stride + c));
      }
      add_promoted(d, group, low, high);
    }
    HWY_ALIGN double sums[2 * hn::MaxLanes(wide)];
    hn::Store(low, wide, sums);
    hn::Store(high, wide, sums + hn::Lanes(wide));
    const std::size_t count = n - c < hn::Lanes(d) ? n - c : hn::Lanes(d);
    for (std::size_t i = 0; i < count; ++i) out[c + i] = sums[i];
  });
}

double Sum(const float* x, std::size_t n) {
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    add_promoted(d, lanes.load(d, x + i), low, high);
  });
  return total(d, low, high);
}

double Dot(const float* x, const float* y, std::size_t n) {
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    add_promoted_product(d, lanes.load(d, x + i), lanes.load(d, y + i), low, high);
  });
  return total(d, low, high);
}

double SumOfSquaresWith(const float* x, double factor, const float* y, std::size_t n) {
  using W = hn::Vec<decltype(wide)>;
  const W a = hn::Set(wide, factor);
  const auto add_square = [a](W all, W vx, W vy) HWY_ATTR {
    const W v = hn::MulAdd(a, vy, vx);
    return hn::MulAdd(v, v, all);
  };
  W low = hn::Zero(wide), high = hn::Zero(wide);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    accumulate_halves(d, low, high, add_square, lanes.load(d, x + i), lanes.load(d, y + i));
  });
  return total(d, low, high);
}

// Returns Σ (x − mean)². The last elements are added one by one, since lanes past the end would
// count as −mean.
double SquaredDeviations(const float* x, std::size_t n, double mean) {
  using W = hn::Vec<decltype(wide)>;
  const W shift = hn::Set(wide, mean);
  const auto add_square = [shift](W all, W vx) HWY_ATTR {
    const W v = hn::Sub(vx, shift);
    return hn::MulAdd(v, v, all);
  };
  W low = hn::Zero(wide), high = hn::Zero(wide);
  const std::size_t step = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    accumulate_halves(d, low, high, add_square, hn::LoadU(d, x + i));
  }
  double all = total(d, low, high);
  for (; i < n; ++i) all += (x[i] - mean) * (x[i] - mean);
  return all;
}

// A float is finite if its exponent bits are not all ones.
bool AllFinite(const float* x, std::size_t n) {
  const hn::RebindToSigned<decltype(d)> di;
  const auto magnitude = hn::Set(di, 0x7fffffff);
  for (std::size_t first = 0; first < n; first += kFiniteRun) {
    const std::size_t count = n - first < kFiniteRun ? n - first : kFiniteRun;
    auto greatest = hn::Zero(di);
    sweep(d, count, [&](std::size_t i, auto lanes) HWY_ATTR {
      const auto bits = hn::BitCast(di, lanes.load(d, x + first + i));
      greatest = hn::Max(greatest, hn::And(bits, magnitude));
    });
    if (!hn::AllTrue(di, hn::Lt(greatest, hn::Set(di, 0x7f800000)))) return false;
  }
  return true;
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(ColumnPartial);
HWY_EXPORT(Sum);
HWY_EXPORT(Dot);
HWY_EXPORT(SumOfSquaresWith);
HWY_EXPORT(SquaredDeviations);
HWY_EXPORT(AllFinite);

namespace {

constexpr std::int64_t kMaxBlocks = 64;
constexpr std::int64_t kBlockRows = 128;           // fewest rows of a block
constexpr std::int64_t kStripColumns = 256;        // a strip of a block fits in the L2 cache
constexpr std::int64_t kThreadElements = 1 << 15;  // fewest elements that are worth a thread

// The blocks depend on the shape only, so the result is the same for any number of threads.
std::int64_t rows_of_block(std::int64_t rows) {
  return std::max(kBlockRows, (rows + kMaxBlocks - 1) / kMaxBlocks);
}

std::int64_t blocks_of(std::int64_t rows) {
  return std::max<std::int64_t>(1, (rows + rows_of_block(rows) - 1) / rows_of_block(rows));
}

}  // namespace

std::int64_t column_sum_scratch_doubles(std::int64_t rows, std::int64_t columns) {
  return blocks_of(rows) * columns;
}

void column_sum(const float* x, float* out, std::int64_t rows, std::int64_t columns,
                double* scratch) {
  const std::int64_t block_rows = rows_of_block(rows), blocks = blocks_of(rows);
  const std::int64_t strips = (columns + kStripColumns - 1) / kStripColumns;
  const std::int64_t task_elements =
      std::min(block_rows, std::max<std::int64_t>(rows, 1)) * std::min(columns, kStripColumns);
  const std::int64_t grain = kThreadElements / std::max<std::int64_t>(task_elements, 1) + 1;
  parallel_rows(blocks * strips, grain, [=](std::int64_t first, std::int64_t count) {
    for (std::int64_t task = first; task < first + count; ++task) {
      const std::int64_t row = task / strips * block_rows, column = task % strips * kStripColumns;
      const std::int64_t width = std::min(kStripColumns, columns - column);
      const std::int64_t height = std::min(block_rows, rows - row);
      HWY_DYNAMIC_DISPATCH(ColumnPartial)
      (x + row * columns + column, scratch + task / strips * columns + column,
       static_cast<std::size_t>(std::max<std::int64_t>(height, 0)), static_cast<std::size_t>(width),
       static_cast<std::size_t>(columns));
    }
  });
  for (std::int64_t c = 0; c < columns; ++c) {
    double all = 0;
    for (std::int64_t b = 0; b < blocks; ++b) all += scratch[b * columns + c];
    out[c] = static_cast<float>(all);
  }
}

double sum(const float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(Sum)(x, static_cast<std::size_t>(n));
}

double sum_of_squares(const float* x, std::int64_t n) { return dot(x, x, n); }

double sum_of_squares(const float* x, double factor, const float* y, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(SumOfSquaresWith)(x, factor, y, static_cast<std::size_t>(n));
}

double dot(const float* x, const float* y, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(Dot)(x, y, static_cast<std::size_t>(n));
}

Moments moments(const float* x, std::int64_t n) {
  if (n <= 0) return {};
  const double count = static_cast<double>(n), mean = sum(x, n) / count;
  const auto deviations =
      HWY_DYNAMIC_DISPATCH(SquaredDeviations)(x, static_cast<std::size_t>(n), mean);
  return {mean, deviations / count};
}

bool all_finite(const float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(AllFinite)(x, static_cast<std::size_t>(n));
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
