// SPDX-License-Identifier: Apache-2.0
// Loops over arrays in whole vectors and one partial vector, compiled once for each target.
#if defined(SELFNORM_KERNELS_SIMD_SWEEP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SELFNORM_KERNELS_SIMD_SWEEP_INL_H_
#undef SELFNORM_KERNELS_SIMD_SWEEP_INL_H_
#else
#define SELFNORM_KERNELS_SIMD_SWEEP_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// Reads and writes all lanes.
struct FullVector {
  template <class D, class T>
  HWY_INLINE hn::Vec<D> load(D d, const T* from) const {
    return hn::LoadU(d, from);
  }
  /// As `load`. In PartialVector, lanes past the end are `fill`.
  template <class D, class T>
  HWY_INLINE hn::Vec<D> load_or(D d, const T* from, T) const {
    return hn::LoadU(d, from);
  }
  template <class D, class T>
  HWY_INLINE void store(hn::Vec<D> v, D d, T* to) const {
    hn::StoreU(v, d, to);
  }
  /// Returns v with 0 in the lanes past the end.
  template <class D>
  HWY_INLINE hn::Vec<D> keep(D, hn::Vec<D> v) const {
    return v;
  }
};

/// Reads and writes the first `count` lanes and touches no memory past them.
struct PartialVector {
  std::size_t count;

  template <class D, class T>
  HWY_INLINE hn::Vec<D> load(D d, const T* from) const {
#if HWY_MEM_OPS_MIGHT_FAULT
    HWY_ALIGN T lanes[hn::MaxLanes(D())] = {};
    for (std::size_t i = 0; i < count; ++i) lanes[i] = from[i];
    return hn::Load(d, lanes);
#else
    return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#endif
  }
  template <class D, class T>
  HWY_INLINE hn::Vec<D> load_or(D d, const T* from, T fill) const {
    return hn::IfThenElse(hn::FirstN(d, count), load(d, from), hn::Set(d, fill));
  }
  template <class D, class T>
  HWY_INLINE void store(hn::Vec<D> v, D d, T* to) const {
#if HWY_MEM_OPS_MIGHT_FAULT
    HWY_ALIGN T lanes[hn::MaxLanes(D())];
    hn::Store(v, d, lanes);
    for (std::size_t i = 0; i < count; ++i) to[i] = lanes[i];
#else
    hn::BlendedStore(v, hn::FirstN(d, count), d, to);
#endif
  }
  template <class D>
  HWY_INLINE hn::Vec<D> keep(D d, hn::Vec<D> v) const {
    return hn::IfThenElseZero(hn::FirstN(d, count), v);
  }
};

/// Calls body(i, lanes) for i = 0, N, 2N, … with N lanes per vector. `lanes` is FullVector, or
/// PartialVector for a partial vector at the end.
template <class D, class Body>
HWY_INLINE void sweep(D d, std::size_t n, const Body& body) {
  const std::size_t step = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + step <= n; i += step) body(i, FullVector{});
  if (i < n) body(i, PartialVector{n - i});
}

#if HWY_TARGET == HWY_SCALAR
template <class D>
using Wide = hn::Rebind<double, D>;
#else
template <class D>
using Wide = hn::Repartition<double, D>;
#endif

/// Sets low = use(low, lower halves of v… as doubles) and high = use(high, upper halves of v… as
/// doubles). A vector of one lane has no upper half.
template <class D, class W, class Use, class... Vs>
HWY_INLINE void accumulate_halves(D, W& low, W& high, const Use& use, Vs... v) {
  const Wide<D> wide;
#if HWY_TARGET == HWY_SCALAR
  low = use(low, hn::PromoteTo(wide, v)...);
  (void)high;
#else
  const hn::Half<D> half;
  low = use(low, hn::PromoteTo(wide, hn::LowerHalf(half, v))...);
  high = use(high, hn::PromoteTo(wide, hn::UpperHalf(half, v))...);
#endif
}

/// Adds the float lanes of v to double sums.
template <class D, class V, class W>
HWY_INLINE void add_promoted(D d, V v, W& low, W& high) {
  accumulate_halves(
      d, low, high, [](W sum, W x) HWY_ATTR { return hn::Add(sum, x); }, v);
}

/// Adds the products of the float lanes, which are exact in double, to double sums.
template <class D, class V, class W>
HWY_INLINE void add_promoted_product(D d, V a, V b, W& low, W& high) {
  accumulate_halves(
      d, low, high, [](W sum, W x, W y) HWY_ATTR { return hn::MulAdd(x, y, sum); }, a, b);
}

template <class D, class W>
HWY_INLINE double total(D, W low, W high) {
  const Wide<D> wide;
  return hn::GetLane(hn::SumOfLanes(wide, hn::Add(low, high)));
}

}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
