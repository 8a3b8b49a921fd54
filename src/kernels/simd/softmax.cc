// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/softmax.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/softmax.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/exponential-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

const hn::ScalableTag<float> d;
const Wide<decltype(d)> wide;

void SoftmaxRow(const float* x, float* y, std::size_t n) {
  const auto maximum = hn::Set(d, row_maximum(d, x, n));
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const auto shifted = hn::Sub(lanes.load_or(d, x + i, kMinusInfinity), maximum);
    const auto e = exp_keeping_nan(d, shifted);
    lanes.store(e, d, y + i);
    add_promoted(d, e, low, high);
  });
  const auto inverse = hn::Set(d, static_cast<float>(1 / total(d, low, high)));
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    lanes.store(hn::Mul(lanes.load(d, y + i), inverse), d, y + i);
  });
}

void SoftmaxGradientRow(const float* y, const float* dy, float* dx, std::size_t n) {
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    add_promoted_product(d, lanes.load(d, y + i), lanes.load(d, dy + i), low, high);
  });
  const auto mean = hn::Set(d, static_cast<float>(total(d, low, high)));
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const auto centered = hn::Sub(lanes.load(d, dy + i), mean);
    lanes.store(hn::Mul(lanes.load(d, y + i), centered), d, dx + i);
  });
}

void Softmax(const float* x, float* y, std::size_t rows, std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r) SoftmaxRow(x + r * columns, y + r * columns, columns);
}

void SoftmaxGradient(const float* y, const float* dy, float* dx, std::size_t rows,
                     std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r) {
    SoftmaxGradientRow(y + r * columns, dy + r * columns, dx + r * columns, columns);
  }
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(Softmax);
HWY_EXPORT(SoftmaxGradient);

void softmax(const float* x, float* y, std::int64_t rows, std::int64_t columns) {
  HWY_DYNAMIC_DISPATCH(Softmax)
  (x, y, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
}

void softmax_gradient(const float* y, const float* dy, float* dx, std::int64_t rows,
                      std::int64_t columns) {
  HWY_DYNAMIC_DISPATCH(SoftmaxGradient)
  (y, dy, dx, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
