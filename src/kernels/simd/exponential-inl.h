// SPDX-License-Identifier: Apache-2.0
// Common code of softmax and its loss: the largest element of a row and the sum of exponentials.
#if defined(SELFNORM_KERNELS_SIMD_EXPONENTIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SELFNORM_KERNELS_SIMD_EXPONENTIAL_INL_H_
#undef SELFNORM_KERNELS_SIMD_EXPONENTIAL_INL_H_
#else
#define SELFNORM_KERNELS_SIMD_EXPONENTIAL_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "kernels/simd/sweep-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {

/// Returns e^x for x ≤ 0 within 1 ULP (Highway's Exp), and 0 below -104. Keeps NaN, for which
/// Highway's Exp returns 0.
template <class D, class V>
HWY_INLINE V exp_keeping_nan(D d, V x) {
  return hn::IfThenElse(hn::Eq(x, x), hn::Exp(d, x), x);
}

/// Returns the largest element. The result may or may not be a NaN if there is one, so callers must
/// propagate NaN from each element.
template <class D>
HWY_INLINE float row_maximum(D d, const float* x, std::size_t n) {
  auto greatest = hn::Set(d, kMinusInfinity);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    greatest = hn::Max(greatest, lanes.load_or(d, x + i, kMinusInfinity));
  });
  return hn::GetLane(hn::MaxOfLanes(d, greatest));
}

/// Returns Σ e^(x − maximum) in double. An infinite maximum gives NaN, as does a NaN element.
template <class D>
HWY_INLINE double sum_of_exponentials(D d, const float* x, std::size_t n, float maximum) {
  const Wide<D> wide;
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  const auto shift = hn::Set(d, maximum);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const auto shifted = hn::Sub(lanes.load_or(d, x + i, kMinusInfinity), shift);
    add_promoted(d, exp_keeping_nan(d, shifted), low, high);
  });
  return total(d, low, high);
}

}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
