// SPDX-License-Identifier: Apache-2.0
// Every activation as a type, so that loops are compiled for each of them and do not branch.
//   forward(d, x)                      f(x)
//   slope(d, y, positive)              f′ from the output y; `positive` is y > 0, which y itself
//                                      may have lost to rounding by dropout
//   slope_from_input(d, x)             f′ from the input, if kSlopeFromInput
// This file is included once per instruction set, so it has no #pragma once.
#if defined(SELFNORM_KERNELS_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SELFNORM_KERNELS_ACTIVATION_INL_H_
#undef SELFNORM_KERNELS_ACTIVATION_INL_H_
#else
#define SELFNORM_KERNELS_ACTIVATION_INL_H_
#endif

#include "kernels/pointwise.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm {
namespace HWY_NAMESPACE {

/// Returns v if it is not negative, else 0. Keeps NaN.
template <class V>
HWY_INLINE V clamp_negative_to_zero(V v) {
  const hn::DFromV<V> d;
  return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v);
}

struct Identity {
  static constexpr bool kSlopeFromInput = false;
  explicit Identity(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D, V x) const {
    return x;
  }
};

/// SELU, and ELU as the SELU with λ = 1.
struct Selu {
  static constexpr bool kSlopeFromInput = false;
  float input_scale, positive_slope, output_slope, saturation, saturation_rest;

  explicit Selu(const Activation& f) {
    const bool elu = f.kind == ActivationKind::elu;
    const double scale = elu ? 1 : f.input_scale;
    const double lambda = elu ? 1 : f.lambda;
    input_scale = static_cast<float>(scale);
    output_slope = static_cast<float>(lambda);
    positive_slope = static_cast<float>(lambda * scale);
    saturation = static_cast<float>(lambda * f.alpha);
    saturation_rest = static_cast<float>(lambda * f.alpha - static_cast<double>(saturation));
  }

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    const auto positive = hn::Gt(x, hn::Zero(d));
    // The negative branch gets 0 where x is positive, so that it never overflows.
    const V scaled = hn::Mul(hn::IfThenZeroElse(positive, x), hn::Set(d, input_scale));
    const V m = expm1_of_small(d, scaled);
    // λα is split into two floats, since a single one would add an error of up to half an ULP.
    const V negative_y =
        hn::MulAdd(m, hn::Set(d, saturation), hn::Mul(m, hn::Set(d, saturation_rest)));
    return hn::IfThenElse(positive, hn::Mul(x, hn::Set(d, positive_slope)), negative_y);
  }

  // Floats near −λα are 1.2e-7 apart, so y does not contain a smaller slope. Training accepts this
  // error, which is below the rounding of the gradients that the slope is summed with, and needs
  // neither the input nor an exponential in return.
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D d, V y, hn::Mask<D> positive) const {
    const V negative_slope = clamp_negative_to_zero(hn::Add(y, hn::Set(d, saturation)));
    return hn::Mul(hn::IfThenElse(positive, hn::Set(d, output_slope), negative_slope),
                   hn::Set(d, input_scale));
  }

  // Has a small relative error even where y does not change. input_scale must be 1, since the
  // rounding of a scaled input is an error relative to x, and not to f′.
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope_from_input(D d, V x) const {
    const auto positive = hn::Gt(x, hn::Zero(d));
    const auto exponential = exp_parts(d, hn::IfThenZeroElse(positive, x));
    const V mantissa = hn::MulAdd(exponential.mantissa, hn::Set(d, saturation),
                                  hn::Mul(exponential.mantissa, hn::Set(d, saturation_rest)));
    const V negative_slope = scale_by_power(d, mantissa, exponential.exponent);
    return hn::IfThenElse(positive, hn::Set(d, positive_slope), negative_slope);
  }
};

struct Relu {
  static constexpr bool kSlopeFromInput = false;
  explicit Relu(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    return hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), x);
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D d, V, hn::Mask<D> positive) const {
    return hn::IfThenElseZero(positive, hn::Set(d, 1.0f));
  }
};

/// With a negative slope, `positive` must be computed from the input. Nothing else is needed.
struct LeakyRelu {
  static constexpr bool kSlopeFromInput = false;
  float alpha;
  explicit LeakyRelu(const Activation& f) : alpha(static_cast<float>(f.alpha)) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(x, hn::Set(d, alpha)));
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D d, V, hn::Mask<D> positive) const {
    return hn::IfThenElse(positive, hn::Set(d, 1.0f), hn::Set(d, alpha));
  }
};

/// tanh |x| = −m / (2 + m) with m = e^(−2|x|) − 1.
struct Tanh {
  static constexpr bool kSlopeFromInput = false;
  explicit Tanh(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    const V m = expm1_of_small(d, hn::Mul(hn::Abs(x), hn::Set(d, -2.0f)));
    return hn::CopySign(hn::Div(m, hn::Add(m, hn::Set(d, 2.0f))), x);
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D d, V y, hn::Mask<D>) const {
    const V one = hn::Set(d, 1.0f);
    return clamp_negative_to_zero(hn::Mul(hn::Sub(one, y), hn::Add(one, y)));
  }
};

/// With e = e^−|x|: 1/(1+e) for x ≥ 0, e/(1+e) for x < 0.
struct Sigmoid {
  static constexpr bool kSlopeFromInput = false;
  explicit Sigmoid(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    const auto exponential = exp_parts(d, hn::Neg(hn::Abs(x)));
    const V e = scale_by_power(d, exponential.mantissa, exponential.exponent);
    const V one = hn::Set(d, 1.0f);
    return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D d, V y, hn::Mask<D>) const {
    return clamp_negative_to_zero(hn::Mul(y, hn::Sub(hn::Set(d, 1.0f), y)));
  }
};

/// max(x, 0) + log(1 + e^−|x|). The derivative is 1 − e^−y.
struct Softplus {
  static constexpr bool kSlopeFromInput = false;
  explicit Softplus(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    const auto exponential = exp_parts(d, hn::Neg(hn::Abs(x)));
    const V e = scale_by_power(d, exponential.mantissa, exponential.exponent);
    return hn::Add(hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x), log1p_unit(d, e));
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D d, V y, hn::Mask<D>) const {
    return hn::Neg(expm1_of_small(d, hn::Neg(clamp_negative_to_zero(y))));
  }
};

/// x·Φ(x), computed as c for x ≤ 0 and x − c for x > 0, with c = x·Φ(−|x|).
struct Gelu {
  static constexpr bool kSlopeFromInput = true;
  explicit Gelu(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    const auto tail = normal_tail(d, x);
    const V scaled = hn::Mul(hn::Mul(tail.clipped, tail.ratio), tail.gauss.mantissa);
    const V c = scale_by_power(d, scaled, tail.gauss.exponent);
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(x, c), c);
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope_from_input(D d, V x) const {  // Φ(x) + x·φ(x)
    const auto tail = normal_tail(d, x);
    const V gauss = scale_by_power(d, tail.gauss.mantissa, tail.gauss.exponent);
    const V below = hn::Mul(gauss, tail.ratio);
    const V cdf = hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(hn::Set(d, 1.0f), below), below);
    const V density = hn::Mul(gauss, hn::Set(d, 0.398942280401432678f));
    return hn::MulAdd(tail.clipped, density, cdf);
  }
};

/// x·σ(x). The derivative is σ(x)·(1 + x·σ(−x)).
struct Silu {
  static constexpr bool kSlopeFromInput = true;
  explicit Silu(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    const auto exponential = exp_parts(d, hn::Neg(hn::Abs(x)));
    const V e = scale_by_power(d, exponential.mantissa, exponential.exponent);
    const V denominator = hn::Add(hn::Set(d, 1.0f), e);
    const V falling = hn::Mul(max_keeping_nan(d, x, -112.0f), exponential.mantissa);
    const V negative_y = scale_by_power(d, hn::Div(falling, denominator), exponential.exponent);
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), negative_y, hn::Div(x, denominator));
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope_from_input(D d, V x) const {
    const V limit = hn::Set(d, 112.0f);  // both tails are flat beyond, and ∞·0 is avoided
    const V lower = max_keeping_nan(d, x, -112.0f);
    const V bounded = hn::IfThenElse(hn::Gt(lower, limit), limit, lower);
    const auto exponential = exp_parts(d, hn::Neg(hn::Abs(bounded)));
    const V e = scale_by_power(d, exponential.mantissa, exponential.exponent);
    const V one = hn::Set(d, 1.0f);
    const V large = hn::Div(one, hn::Add(one, e));
    const V small = hn::Mul(e, large);
    const auto negative = hn::Lt(bounded, hn::Zero(d));
    const V at_x = hn::IfThenElse(negative, small, large);
    const V at_minus_x = hn::IfThenElse(negative, large, small);
    return hn::Mul(at_x, hn::MulAdd(bounded, at_minus_x, one));
  }
};

/// e^x. The derivative is y.
struct Exp {
  static constexpr bool kSlopeFromInput = false;
  explicit Exp(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    return exp_of_any(d, x);
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D, V y, hn::Mask<D>) const {
    return clamp_negative_to_zero(y);
  }
};

/// e^x − 1. The derivative is y + 1.
struct Expm1 {
  static constexpr bool kSlopeFromInput = false;
  explicit Expm1(const Activation&) {}
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V forward(D d, V x) const {
    const auto is_large = hn::Gt(x, hn::Set(d, kLargeExponent));
    return hn::IfThenElse(is_large, exp_of_any(d, x),
                          expm1_of_small(d, hn::IfThenZeroElse(is_large, x)));
  }
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V slope(D d, V y, hn::Mask<D>) const {
    return clamp_negative_to_zero(hn::Add(y, hn::Set(d, 1.0f)));
  }

 private:
  static constexpr float kLargeExponent = 20;  // e^x − 1 and e^x are the same float beyond
};

/// Calls `body` with the activation as a type.
template <class Body>
HWY_INLINE void with_activation(const Activation& f, const Body& body) {
  switch (f.kind) {
    case ActivationKind::identity: return body(Identity(f));
    case ActivationKind::selu:
    case ActivationKind::elu: return body(Selu(f));
    case ActivationKind::relu: return body(Relu(f));
    case ActivationKind::leaky_relu: return body(LeakyRelu(f));
    case ActivationKind::tanh: return body(Tanh(f));
    case ActivationKind::sigmoid: return body(Sigmoid(f));
    case ActivationKind::softplus: return body(Softplus(f));
    case ActivationKind::gelu: return body(Gelu(f));
    case ActivationKind::silu: return body(Silu(f));
    case ActivationKind::exp: return body(Exp(f));
    case ActivationKind::expm1: return body(Expm1(f));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace selfnorm
HWY_AFTER_NAMESPACE();

#endif  // SELFNORM_KERNELS_ACTIVATION_INL_H_
