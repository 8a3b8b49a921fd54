// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/arithmetic.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/arithmetic.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/sweep-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

const hn::ScalableTag<float> d;

void Add(const float* x, const float* y, float* out, std::size_t n) {
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    lanes.store(hn::Add(lanes.load(d, x + i), lanes.load(d, y + i)), d, out + i);
  });
}

void Multiply(const float* x, const float* y, float* out, std::size_t n) {
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    lanes.store(hn::Mul(lanes.load(d, x + i), lanes.load(d, y + i)), d, out + i);
  });
}

void AbsoluteDifference(const float* x, const float* y, float* out, std::size_t n) {
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    lanes.store(hn::AbsDiff(lanes.load(d, x + i), lanes.load(d, y + i)), d, out + i);
  });
}

void AbsoluteDifferenceSlope(const float* x, const float* y, const float* g, float* out,
                             std::size_t n) {
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    const auto a = lanes.load(d, x + i), b = lanes.load(d, y + i), to = lanes.load(d, g + i);
    const auto falls = hn::IfThenElseZero(hn::Lt(a, b), hn::Neg(to));
    lanes.store(hn::IfThenElse(hn::Gt(a, b), to, falls), d, out + i);
  });
}

void Scale(float factor, const float* x, float* out, std::size_t n) {
  const auto a = hn::Set(d, factor);
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    lanes.store(hn::Mul(a, lanes.load(d, x + i)), d, out + i);
  });
}

void ScaleShift(float factor, float shift, const float* x, float* out, std::size_t n) {
  const auto a = hn::Set(d, factor), b = hn::Set(d, shift);
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    lanes.store(hn::MulAdd(a, lanes.load(d, x + i), b), d, out + i);
  });
}

void ScaleAdd(float a, const float* x, float b, const float* y, float* out, std::size_t n) {
  const auto va = hn::Set(d, a), vb = hn::Set(d, b);
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    const auto by = hn::Mul(vb, lanes.load(d, y + i));
    lanes.store(hn::MulAdd(va, lanes.load(d, x + i), by), d, out + i);
  });
}

void AccumulateScaled(float factor, const float* x, float* out, std::size_t n) {
  const auto a = hn::Set(d, factor);
  sweep(d, n, [=](std::size_t i, auto lanes) HWY_ATTR {
    lanes.store(hn::MulAdd(a, lanes.load(d, x + i), lanes.load(d, out + i)), d, out + i);
  });
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(Add);
HWY_EXPORT(Multiply);
HWY_EXPORT(AbsoluteDifference);
HWY_EXPORT(AbsoluteDifferenceSlope);
HWY_EXPORT(Scale);
HWY_EXPORT(ScaleShift);
HWY_EXPORT(ScaleAdd);
HWY_EXPORT(AccumulateScaled);

void add(const float* x, const float* y, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(Add)(x, y, out, static_cast<std::size_t>(n));
}

void multiply(const float* x, const float* y, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(Multiply)(x, y, out, static_cast<std::size_t>(n));
}

void absolute_difference(const float* x, const float* y, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(AbsoluteDifference)(x, y, out, static_cast<std::size_t>(n));
}

void absolute_difference_slope(const float* x, const float* y, const float* g, float* out,
                               std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(AbsoluteDifferenceSlope)(x, y, g, out, static_cast<std::size_t>(n));
}

void scale(float factor, const float* x, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(Scale)(factor, x, out, static_cast<std::size_t>(n));
}

void scale_shift(float factor, float shift, const float* x, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(ScaleShift)(factor, shift, x, out, static_cast<std::size_t>(n));
}

void scale_shift_features(const float* factors, const float* shifts, const float* x, float* out,
                          std::int64_t rows, std::int64_t features) {
  for (std::int64_t row = 0; row < rows; ++row, x += features, out += features)
    for (std::int64_t f = 0; f < features; ++f) out[f] = factors[f] * x[f] + shifts[f];
}

void scale_add(float a, const float* x, float b, const float* y, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(ScaleAdd)(a, x, b, y, out, static_cast<std::size_t>(n));
}

void accumulate(const float* x, float* out, std::int64_t n) { add(x, out, out, n); }

void accumulate_scaled(float factor, const float* x, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(AccumulateScaled)(factor, x, out, static_cast<std::size_t>(n));
}

void fill(float value, float* out, std::int64_t n) { std::fill_n(out, n, value); }

void copy(const float* x, float* out, std::int64_t n) {
  if (n > 0 && x != out) std::memcpy(out, x, static_cast<std::size_t>(n) * sizeof(float));
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
