// SPDX-License-Identifier: Apache-2.0
// Scalar reference of every activation for T = double, long double and std::complex<double>, for
// which the imaginary part gives the derivative. The gradient at a kink is that of x ≤ 0.
#pragma once

#include "kernels/pointwise.h"
#include "kernels/ref/math.h"

namespace selfnorm::ref {

/// Returns f(x).
template <class T>
T activation(const Activation& f, T x) {
  const bool positive = real(x) > 0;
  switch (f.kind) {
    case ActivationKind::identity: return x;
    case ActivationKind::selu: {
      const T scaled = T(f.input_scale) * x;
      return real(scaled) > 0 ? T(f.lambda) * scaled : T(f.lambda) * T(f.alpha) * expm1(scaled);
    }
    case ActivationKind::elu: return positive ? x : T(f.alpha) * expm1(x);
    case ActivationKind::relu: return real(x) <= 0 ? T(0) : x;  // keeps NaN
    case ActivationKind::leaky_relu: return positive ? x : T(f.alpha) * x;
    case ActivationKind::tanh: return std::tanh(x);
    case ActivationKind::sigmoid: return sigmoid(x);
    case ActivationKind::softplus: return positive ? x + log1p(std::exp(-x)) : log1p(std::exp(x));
    case ActivationKind::gelu: return product_or_zero(x, normal_cdf(x));
    case ActivationKind::silu: return product_or_zero(x, sigmoid(x));
    case ActivationKind::exp: return std::exp(x);
    case ActivationKind::expm1: return expm1(x);
  }
  return x;
}

/// Returns f′(x).
template <class T>
T activation_derivative(const Activation& f, T x) {
  const bool positive = real(x) > 0;
  switch (f.kind) {
    case ActivationKind::identity: return T(1);
    case ActivationKind::selu: {
      const T scaled = T(f.input_scale) * x;
      return T(f.input_scale) * T(f.lambda) *
             (real(scaled) > 0 ? T(1) : T(f.alpha) * std::exp(scaled));
    }
    case ActivationKind::elu: return positive ? T(1) : T(f.alpha) * std::exp(x);
    case ActivationKind::relu: return positive ? T(1) : T(0);
    case ActivationKind::leaky_relu: return positive ? T(1) : T(f.alpha);
    case ActivationKind::tanh: return T(4) * sigmoid(T(2) * x) * sigmoid(T(-2) * x);
    case ActivationKind::sigmoid: return sigmoid(x) * sigmoid(-x);
    case ActivationKind::softplus: return sigmoid(x);
    case ActivationKind::gelu: return normal_cdf(x) + product_or_zero(x, normal_pdf(x));
    case ActivationKind::silu: return sigmoid(x) * (T(1) + product_or_zero(x, sigmoid(-x)));
    case ActivationKind::exp:
    case ActivationKind::expm1: return std::exp(x);
  }
  return T(1);
}

/// Returns f′ from y = f(x), if can_differentiate_from_output(f). Rounding may move y past the end
/// of its range, so negative derivatives become 0.
template <class T>
T derivative_from_output(const Activation& f, T y) {
  const auto clamp_negative_to_zero = [](T slope) { return real(slope) < 0 ? T(0) : slope; };
  const bool positive = real(y) > 0;
  switch (f.kind) {
    case ActivationKind::selu: {
      const T lambda = T(f.lambda);
      return T(f.input_scale) *
             (positive ? lambda : clamp_negative_to_zero(y + lambda * T(f.alpha)));
    }
    case ActivationKind::elu: return positive ? T(1) : clamp_negative_to_zero(y + T(f.alpha));
    case ActivationKind::relu: return positive ? T(1) : T(0);
    case ActivationKind::leaky_relu: return positive ? T(1) : T(f.alpha);
    case ActivationKind::tanh: return clamp_negative_to_zero((T(1) - y) * (T(1) + y));
    case ActivationKind::sigmoid: return clamp_negative_to_zero(y * (T(1) - y));
    case ActivationKind::softplus: return clamp_negative_to_zero(-expm1(-y));
    case ActivationKind::exp: return clamp_negative_to_zero(y);
    case ActivationKind::expm1: return clamp_negative_to_zero(y + T(1));
    default: return T(1);
  }
}

}  // namespace selfnorm::ref
