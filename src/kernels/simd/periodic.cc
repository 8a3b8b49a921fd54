// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/periodic.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/periodic.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/math-inl.h"
#include "kernels/simd/sweep-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

using selfnorm::HWY_NAMESPACE::cosine_of_turn;
using selfnorm::HWY_NAMESPACE::fraction_of_turn;
using selfnorm::HWY_NAMESPACE::sine_of_turn;

const hn::ScalableTag<float> d;

// `y` holds x of each output.
void Periodic(const float* w, const float* b, float* y, std::size_t n) {
  const auto root = hn::Set(d, 1.41421356f);
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    const auto t = hn::MulAdd(lanes.load(d, w + i), lanes.load(d, y + i), lanes.load(d, b + i));
    lanes.store(hn::Mul(root, cosine_of_turn(d, fraction_of_turn(d, t))), d, y + i);
  });
}

// `gx` holds x of each output.
void PeriodicPhaseGradient(const float* dy, const float* w, const float* b, float* g, float* gx,
                           std::size_t n) {
  const auto factor = hn::Set(d, -8.88576588f);  // −2π√2
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    const auto x = lanes.load(d, gx + i);
    const auto t = hn::MulAdd(lanes.load(d, w + i), x, lanes.load(d, b + i));
    const auto slope = hn::Mul(factor, sine_of_turn(d, fraction_of_turn(d, t)));
    const auto gradient = hn::Mul(slope, lanes.load(d, dy + i));
    lanes.store(gradient, d, g + i);
    lanes.store(hn::Mul(gradient, x), d, gx + i);
  });
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {
namespace {

HWY_EXPORT(Periodic);
HWY_EXPORT(PeriodicPhaseGradient);

// Repeats each feature of a row once for each frequency.
void repeat_features(const float* x, float* out, const PeriodicShape& s) {
  for (std::int64_t f = 0; f < s.features; ++f) out = std::fill_n(out, s.frequencies, x[f]);
}

}  // namespace

void periodic(const float* x, const float* w, const float* b, float* y, const PeriodicShape& s) {
  const std::int64_t width = s.features * s.frequencies;
  for (std::int64_t row = 0; row < s.rows; ++row, x += s.features, y += width) {
    repeat_features(x, y, s);
    HWY_DYNAMIC_DISPATCH(Periodic)(w, b, y, static_cast<std::size_t>(width));
  }
}

void periodic_phase_gradient(const float* dy, const float* x, const float* w, const float* b,
                             float* g, float* gx, const PeriodicShape& s) {
  const std::int64_t width = s.features * s.frequencies;
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const std::int64_t at = row * width;
    repeat_features(x + row * s.features, gx + at, s);
    HWY_DYNAMIC_DISPATCH(PeriodicPhaseGradient)
    (dy + at, w, b, g + at, gx + at, static_cast<std::size_t>(width));
  }
}

void periodic_input_gradient(const float* g, const float* w, float* dx, const PeriodicShape& s) {
  for (std::int64_t i = 0; i < s.rows * s.features; ++i) {
    const float* weights = w + i % s.features * s.frequencies;
    double sum = 0;
    for (std::int64_t k = 0; k < s.frequencies; ++k)
      sum += static_cast<double>(g[i * s.frequencies + k]) * weights[k];
    dx[i] = static_cast<float>(sum);
  }
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
