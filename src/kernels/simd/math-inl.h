// SPDX-License-Identifier: Apache-2.0
// Elementary functions on vectors of floats. This file is included once per instruction set, so it
// has no #pragma once. All functions propagate NaN: they bound arguments by compare-and-select,
// never by Min or Max, since the result of these for NaN differs between instruction sets. The
// polynomials come from tools/minimax.py. The error bounds of whole activations in ULP are measured
// in tests/kernels/activation_test.cc and listed in kernels/simd/pointwise.h.
#if defined(SELFNORM_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SELFNORM_KERNELS_MATH_INL_H_
#undef SELFNORM_KERNELS_MATH_INL_H_
#else
#define SELFNORM_KERNELS_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace selfnorm {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Returns c[0] + c[1]·x + … by Horner's rule.
template <class D, class V, std::size_t kCount>
HWY_INLINE V polynomial(D d, V x, const float (&c)[kCount]) {
  V sum = hn::Set(d, c[kCount - 1]);
  for (std::size_t i = kCount - 1; i-- > 0;) sum = hn::MulAdd(sum, x, hn::Set(d, c[i]));
  return sum;
}

/// The decomposition x = n·ln 2 + r with |r| ≤ ln 2 / 2.
template <class V, class VI>
struct Split {
  V rest;       // r
  VI exponent;  // n
};

/// Splits x with |x| < 2^7. `whole` determines n. It is x, plus the term that the caller still adds
/// to r, if there is one.
template <class D, class V = hn::Vec<D>>
HWY_INLINE auto split(D d, V x, V whole) {
  const hn::RebindToSigned<D> di;
  constexpr float kLn2High = 0.693145751953125f;      // 15 bits, so that n·kLn2High is exact
  constexpr float kLn2Low = 1.42860682030941723e-6f;  // ln 2 − kLn2High
  // Adding 1.5·2^23 rounds to an integer and leaves it in the low bits of the sum.
  const V shift = hn::Set(d, 12582912.0f);
  const V shifted = hn::MulAdd(whole, hn::Set(d, 1.44269504088896341f), shift);
  const V n = hn::Sub(shifted, shift);
  const V r = hn::NegMulAdd(n, hn::Set(d, kLn2High), x);
  const auto exponent = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, shift));
  return Split<V, decltype(exponent)>{hn::NegMulAdd(n, hn::Set(d, kLn2Low), r), exponent};
}

/// Returns e^r − 1 for |r| ≤ ln 2 / 2, with a relative error below 2^-28 before rounding.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1_of_rest(D d, V r) {
  constexpr float kExpm1[] = {0.5f,           0.166666359f,   0.0416665114f,
                              0.00834150892f, 0.00139305415f, 0.000150473468f};
  return hn::MulAdd(hn::Mul(r, r), polynomial(d, r, kExpm1), r);
}

/// Returns 2^n for −126 ≤ n ≤ 127.
template <class D, class VI>
HWY_INLINE hn::Vec<D> power_of_two(D d, VI n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
}

/// Returns v·2^n for |n| ≤ 250, with one rounding even if the result is subnormal.
template <class D, class V, class VI>
HWY_INLINE V scale_by_power(D d, V v, VI n) {
  const VI half = hn::ShiftRight<1>(n);
  return hn::Mul(hn::Mul(v, power_of_two(d, half)), power_of_two(d, hn::Sub(n, half)));
}

/// Returns the larger of x and the bound. Keeps NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V max_keeping_nan(D d, V x, float bound) {
  const V limit = hn::Set(d, bound);
  return hn::IfThenElse(hn::Lt(x, limit), limit, x);
}

/// Returns the smaller of x and the bound. Keeps NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V min_keeping_nan(D d, V x, float bound) {
  const V limit = hn::Set(d, bound);
  return hn::IfThenElse(hn::Gt(x, limit), limit, x);
}

/// Returns e^x − 1 for x ≤ 20: x itself if it is tiny, and −1 below −17.4.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1_of_small(D d, V x) {
  const V bounded = max_keeping_nan(d, x, -18.0f);
  const auto parts = split(d, bounded, bounded);
  const V power = power_of_two(d, parts.exponent);
  // 2^n·(e^r − 1) + (2^n − 1): the second part is exact where it matters.
  return hn::MulAdd(power, expm1_of_rest(d, parts.rest), hn::Sub(power, hn::Set(d, 1.0f)));
}

/// e^x = mantissa·2^exponent for x ≤ 89, so that callers can round once, after scaling.
template <class V, class VI>
struct Exponential {
  V mantissa;
  VI exponent;
};

/// Returns e^x for x ≤ 89. Below −112, it returns that of −112, where all products underflow to 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE auto exp_parts(D d, V x) {
  const V bounded = max_keeping_nan(d, x, -112.0f);
  const auto parts = split(d, bounded, bounded);
  const V mantissa = hn::Add(expm1_of_rest(d, parts.rest), hn::Set(d, 1.0f));
  return Exponential<V, decltype(parts.exponent)>{mantissa, parts.exponent};
}

/// Returns e^x for any x: 0 below −104, and +∞ above 88.73.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_any(D d, V x) {
  const auto exponential = exp_parts(d, min_keeping_nan(d, x, 89.0f));
  return scale_by_power(d, exponential.mantissa, exponential.exponent);
}

/// Returns log(1 + z) for 0 ≤ z ≤ 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log1p_unit(D d, V z) {
  constexpr float kLog1p[] = {-0.499999315f, 0.333304644f,  -0.24958019f,
                              0.196921021f,  -0.153448805f, 0.106611282f,
                              -0.057457231f, 0.0200862419f, -0.00329046859f};
  return hn::MulAdd(hn::Mul(z, z), polynomial(d, z, kLog1p), z);
}

/// Returns t minus the nearest whole number: the fraction of a turn, from −1/2 to 1/2, without
/// rounding.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V fraction_of_turn(D, V t) {
  return hn::Sub(t, hn::Round(t));
}

/// Returns sin(2πu) for |u| ≤ 1/4, with a relative error below 2^-31 before rounding.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sine_of_quarter_turn(D d, V u) {
  constexpr float kSine[] = {-41.3417015f, 81.6051331f, -76.6998901f, 41.9281464f, -13.8697805f};
  constexpr float kTurn = 6.28318548f, kTurnRest = -1.74845553e-7f;  // 2π in two floats
  const V square = hn::Mul(u, u);
  const V rest = hn::MulAdd(square, polynomial(d, square, kSine), hn::Set(d, kTurnRest));
  return hn::MulAdd(u, hn::Set(d, kTurn), hn::Mul(u, rest));
}

/// Return cos(2πr) and sin(2πr) for |r| ≤ 1/2.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V cosine_of_turn(D d, V r) {
  return sine_of_quarter_turn(d, hn::Sub(hn::Set(d, 0.25f), hn::Abs(r)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sine_of_turn(D d, V r) {
  const V size = hn::Abs(r), other = hn::Sub(hn::Set(d, 0.5f), size);
  const V folded = hn::IfThenElse(hn::Gt(size, other), other, size);
  return hn::CopySign(sine_of_quarter_turn(d, folded), r);
}

/// e^(−t²/2) = mantissa·2^exponent, and the ratio Φ(−t)·e^(t²/2), for t = min(|x|, 14.7). Beyond
/// 14.7, all results are below the smallest subnormal.
template <class V, class VI>
struct NormalTail {
  V clipped;  // x clipped to ±14.7
  Exponential<V, VI> gauss;
  V ratio;
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE auto normal_tail(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  constexpr float kTail[] = {0.5f,           -0.829807281f, 0.618146777f,   -0.081029743f,
                             -0.139709681f,  0.0233855136f, 0.00990252569f, 0.0716039613f,
                             -0.0735559016f, 0.0207513142f};
  const V limit = hn::Set(d, 14.7f);
  const V size = hn::Abs(x);
  const V t = hn::IfThenElse(hn::Gt(size, limit), limit, size);
  // t² is split into two floats, since rounding it to one would destroy all bits of e^(−t²/2).
  const V head = hn::BitCast(d, hn::And(hn::BitCast(du, t), hn::Set(du, 0xfffff000u)));
  const V rest = hn::Mul(hn::Sub(t, head), hn::Add(t, head));
  const V minus_half = hn::Set(d, -0.5f);
  const V half_head = hn::Mul(minus_half, hn::Mul(head, head));
  const V half_rest = hn::Mul(minus_half, rest);
  const auto parts = split(d, half_head, hn::Add(half_head, half_rest));
  const V one = hn::Set(d, 1.0f);
  const V mantissa = hn::Add(expm1_of_rest(d, hn::Add(parts.rest, half_rest)), one);
  // The polynomial is in v = 0.3t/(1 + 0.3t), which is small and exact to its last bit where the
  // ratio is steep.
  const V scaled = hn::Mul(t, hn::Set(d, 0.3f));
  const V w = hn::Div(one, hn::Add(one, scaled));
  const V ratio = hn::Mul(w, polynomial(d, hn::Mul(scaled, w), kTail));
  return NormalTail<V, decltype(parts.exponent)>{
      hn::CopySign(t, x), {mantissa, parts.exponent}, ratio};
}

}  // namespace HWY_NAMESPACE
}  // namespace selfnorm
HWY_AFTER_NAMESPACE();

#endif  // SELFNORM_KERNELS_MATH_INL_H_
