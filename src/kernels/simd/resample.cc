// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/resample.h"

#include <algorithm>
#include <cmath>

#include "kernels/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/resample.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/sweep-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

const hn::ScalableTag<float> d;

// The taps of one output.
struct Taps {
  Taps(const AxisTaps& axis, std::int64_t output)
      : first(static_cast<std::size_t>(axis.first[static_cast<std::size_t>(output)])) {
    const auto at = static_cast<std::size_t>(output);
    weights = axis.weights.data() + axis.begin[at];
    count = static_cast<std::size_t>(axis.begin[at + 1] - axis.begin[at]);
  }
  std::size_t first, count;
  const float* weights;
};

// Computes one row of an output image. x is the whole input image.
void ResampleRow(const float* x, float* y, std::size_t channels, const AxisTaps& rows,
                 std::int64_t row, const AxisTaps& columns) {
  const Taps down(rows, row);
  const std::size_t stride = static_cast<std::size_t>(columns.inputs) * channels;
  const float* top = x + down.first * stride;
  for (std::int64_t column = 0; column < columns.outputs(); ++column) {
    const Taps across(columns, column);
    const float* corner = top + across.first * channels;
    sweep(d, channels, [&](std::size_t c, auto lanes) HWY_ATTR {
      auto sum = hn::Zero(d);
      for (std::size_t i = 0; i < down.count; ++i) {
        const float* pixel = corner + i * stride + c;
        for (std::size_t j = 0; j < across.count; ++j, pixel += channels) {
          const auto weight = hn::Set(d, down.weights[i] * across.weights[j]);
          sum = hn::MulAdd(weight, lanes.load(d, pixel), sum);
        }
      }
      lanes.store(sum, d, y + c);
    });
    y += channels;
  }
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(ResampleRow);

namespace {

constexpr std::int64_t kThreadElements = 1 << 14;  // fewest elements that are worth a thread

void add_output(AxisTaps& taps, std::int64_t first, std::initializer_list<double> weights) {
  taps.first.push_back(first);
  for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight));
  taps.begin.push_back(static_cast<std::int64_t>(taps.weights.size()));
}

}  // namespace

AxisTaps nearest_taps(std::int64_t inputs, std::int64_t factor) {
  AxisTaps taps{inputs};
  for (std::int64_t o = 0; o < inputs * factor; ++o) add_output(taps, o / factor, {1});
  return taps;
}

AxisTaps linear_taps(std::int64_t inputs, std::int64_t factor) {
  AxisTaps taps{inputs};
  for (std::int64_t o = 0; o < inputs * factor; ++o) {
    const double position = (static_cast<double>(o) + 0.5) / static_cast<double>(factor) - 0.5;
    const double clamped = std::clamp(position, 0.0, static_cast<double>(inputs - 1));
    const auto left = static_cast<std::int64_t>(clamped);
    const double fraction = clamped - static_cast<double>(left);
    // A tap of weight 0 is left out, since it would propagate NaN and infinity.
    if (fraction == 0) add_output(taps, left, {1});
    else add_output(taps, left, {1 - fraction, fraction});
  }
  return taps;
}

AxisTaps transposed(const AxisTaps& taps) {
  std::vector<std::vector<float>> weights(static_cast<std::size_t>(taps.inputs));
  AxisTaps back{taps.outputs(), std::vector<std::int64_t>(weights.size(), 0)};
  for (std::size_t o = 0; o < taps.first.size(); ++o) {
    for (std::int64_t k = taps.begin[o]; k < taps.begin[o + 1]; ++k) {
      const auto input = static_cast<std::size_t>(taps.first[o] + k - taps.begin[o]);
      if (weights[input].empty()) back.first[input] = static_cast<std::int64_t>(o);
      weights[input].push_back(taps.weights[static_cast<std::size_t>(k)]);
    }
  }
  for (const auto& list : weights) {
    back.weights.insert(back.weights.end(), list.begin(), list.end());
    back.begin.push_back(static_cast<std::int64_t>(back.weights.size()));
  }
  return back;
}

void resample(const float* x, float* y, std::int64_t batch, std::int64_t channels,
              const AxisTaps& rows, const AxisTaps& columns) {
  const std::int64_t in = rows.inputs * columns.inputs * channels;
  const std::int64_t out_row = columns.outputs() * channels, height = rows.outputs();
  const std::int64_t grain = 1 + kThreadElements / std::max(out_row, in / rows.inputs);
  parallel_rows(batch * height, grain, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      HWY_DYNAMIC_DISPATCH(ResampleRow)
      (x + row / height * in, y + row * out_row, static_cast<std::size_t>(channels), rows,
       row % height, columns);
    }
  });
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
