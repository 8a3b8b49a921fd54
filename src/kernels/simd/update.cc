// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/update.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/update.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/sweep-inl.h"

// The coefficients of the kernels, rounded to float once. All targets use the same types, so they
// are defined only once.
#ifndef SELFNORM_KERNELS_SIMD_UPDATE_COEFFICIENTS_
#define SELFNORM_KERNELS_SIMD_UPDATE_COEFFICIENTS_
namespace selfnorm::kernels {
namespace {

struct GradientCoefficients {
  float scale, twice_l2, limit;
};
struct SgdCoefficients {
  float rate, momentum;
  bool nesterov;
};
struct AdamCoefficients {
  float one_minus_beta1, one_minus_beta2, rate, inverse_root, epsilon, decay;
};
struct RmspropCoefficients {
  float one_minus_rho, rate, momentum, epsilon;
};

}  // namespace
}  // namespace selfnorm::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

const hn::ScalableTag<float> d;
using V = hn::Vec<decltype(d)>;

HWY_INLINE V gradient(const GradientCoefficients& c, V dw, V w) {
  const V g = hn::Mul(hn::Set(d, c.scale), hn::MulAdd(hn::Set(d, c.twice_l2), w, dw));
  const V limit = hn::Set(d, c.limit);
  const V clipped = hn::CopySign(limit, g);
  return hn::IfThenElse(hn::Gt(hn::Abs(g), limit), clipped, g);  // keeps NaN
}

HWY_INLINE V without_denormals(V v) {
  const V least = hn::Set(d, std::numeric_limits<float>::min());
  return hn::IfThenZeroElse(hn::Lt(hn::Abs(v), least), v);
}

// Returns the running mean a + fraction·(b − a). Unlike those of (1−fraction)·a + fraction·b, its
// weights always sum to one.
HWY_INLINE V lerp(V a, V b, float fraction) {
  return hn::MulAdd(hn::Set(d, fraction), hn::Sub(b, a), a);
}

// As above towards g². The operations are fused explicitly. The compiler would fuse them in one
// loop and not in the other, and the bits of an element would depend on whether it is in the tail.
HWY_INLINE V lerp_to_square(V a, V g, float fraction) {
  return hn::MulAdd(hn::Set(d, fraction), hn::MulSub(g, g, a), a);
}

void Sgd(float* w, const float* dw, std::size_t n, const GradientCoefficients& transform,
         const SgdCoefficients& step) {
  const V rate = hn::Set(d, step.rate);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V old = lanes.load(d, w + i);
    const V g = gradient(transform, lanes.load(d, dw + i), old);
    lanes.store(hn::NegMulAdd(rate, g, old), d, w + i);
  });
}

void SgdMomentum(float* w, const float* dw, float* velocity, std::size_t n,
                 const GradientCoefficients& transform, const SgdCoefficients& step) {
  const V rate = hn::Set(d, step.rate), momentum = hn::Set(d, step.momentum);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V old = lanes.load(d, w + i);
    const V g = gradient(transform, lanes.load(d, dw + i), old);
    const V v = without_denormals(hn::MulAdd(momentum, lanes.load(d, velocity + i), g));
    lanes.store(v, d, velocity + i);
    const V direction = step.nesterov ? hn::MulAdd(momentum, v, g) : v;
    lanes.store(hn::NegMulAdd(rate, direction, old), d, w + i);
  });
}

void Adam(float* w, const float* dw, float* m, float* v, std::size_t n,
          const GradientCoefficients& transform, const AdamCoefficients& step) {
  const V rate = hn::Set(d, step.rate), inverse_root = hn::Set(d, step.inverse_root),
          epsilon = hn::Set(d, step.epsilon), decay = hn::Set(d, step.decay);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V old = lanes.load(d, w + i);
    const V g = gradient(transform, lanes.load(d, dw + i), old);
    const V first = without_denormals(lerp(lanes.load(d, m + i), g, step.one_minus_beta1));
    const V second =
        without_denormals(lerp_to_square(lanes.load(d, v + i), g, step.one_minus_beta2));
    lanes.store(first, d, m + i);
    lanes.store(second, d, v + i);
    const V root = hn::MulAdd(hn::Sqrt(second), inverse_root, epsilon);
    const V move = hn::Div(hn::Mul(rate, first), root);
    lanes.store(hn::Sub(hn::NegMulAdd(decay, old, old), move), d, w + i);
  });
}

void Rmsprop(float* w, const float* dw, float* v, float* momentum, std::size_t n,
             const GradientCoefficients& transform, const RmspropCoefficients& step) {
  const V rate = hn::Set(d, step.rate), epsilon = hn::Set(d, step.epsilon),
          keep = hn::Set(d, step.momentum);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V old = lanes.load(d, w + i);
    const V g = gradient(transform, lanes.load(d, dw + i), old);
    const V second = without_denormals(lerp_to_square(lanes.load(d, v + i), g, step.one_minus_rho));
    lanes.store(second, d, v + i);
    V move = hn::Div(hn::Mul(rate, g), hn::Sqrt(hn::Add(second, epsilon)));
    if (momentum != nullptr) {
      move = without_denormals(hn::MulAdd(keep, lanes.load(d, momentum + i), move));
      lanes.store(move, d, momentum + i);
    }
    lanes.store(hn::Sub(old, move), d, w + i);
  });
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(Sgd);
HWY_EXPORT(SgdMomentum);
HWY_EXPORT(Adam);
HWY_EXPORT(Rmsprop);

namespace {

GradientCoefficients coefficients(const GradientTransform& transform) {
  const float none = std::numeric_limits<float>::infinity();
  return {static_cast<float>(transform.scale), static_cast<float>(2 * transform.l2),
          transform.clip_value > 0 ? static_cast<float>(transform.clip_value) : none};
}

// Returns 1 − βᵗ, accurate also for β near 1.
double bias_correction(double beta, std::int64_t t) {
  return -std::expm1(static_cast<double>(t) * std::log(beta));
}

}  // namespace

void sgd_update(float* w, const float* dw, float* velocity, std::int64_t n,
                const GradientTransform& transform, const SgdStep& step) {
  const SgdCoefficients c = {static_cast<float>(step.learning_rate),
                             static_cast<float>(step.momentum), step.nesterov};
  const auto count = static_cast<std::size_t>(n);
  if (step.momentum == 0) HWY_DYNAMIC_DISPATCH(Sgd)(w, dw, count, coefficients(transform), c);
  else HWY_DYNAMIC_DISPATCH(SgdMomentum)(w, dw, velocity, count, coefficients(transform), c);
}

void adam_update(float* w, const float* dw, float* m, float* v, std::int64_t n,
                 const GradientTransform& transform, const AdamStep& step) {
  const double first = bias_correction(step.beta1, step.step_number);
  const double second = bias_correction(step.beta2, step.step_number);
  const AdamCoefficients c = {static_cast<float>(1 - step.beta1),
                              static_cast<float>(1 - step.beta2),
                              static_cast<float>(step.learning_rate / first),
                              static_cast<float>(1 / std::sqrt(second)),
                              static_cast<float>(step.epsilon),
                              static_cast<float>(step.learning_rate * step.weight_decay)};
  HWY_DYNAMIC_DISPATCH(Adam)(w, dw, m, v, static_cast<std::size_t>(n), coefficients(transform), c);
}

void rmsprop_update(float* w, const float* dw, float* v, float* momentum, std::int64_t n,
                    const GradientTransform& transform, const RmspropStep& step) {
  const RmspropCoefficients c = {
      static_cast<float>(1 - step.rho), static_cast<float>(step.learning_rate),
      static_cast<float>(step.momentum), static_cast<float>(step.epsilon)};
  HWY_DYNAMIC_DISPATCH(Rmsprop)
  (w, dw, v, step.momentum == 0 ? nullptr : momentum, static_cast<std::size_t>(n),
   coefficients(transform), c);
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
