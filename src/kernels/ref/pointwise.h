// SPDX-License-Identifier: Apache-2.0
// Scalar reference of kernels/simd/pointwise.h with the same arguments, in the arithmetic of T.
#pragma once

#include <cstdint>

#include "kernels/pointwise.h"
#include "kernels/ref/activation.h"
#include "kernels/ref/mask.h"

namespace selfnorm::ref {

/// Applies dropout to one value.
template <class T>
T apply_dropout(const Dropout& dropout, bool keep, T x) {
  switch (dropout.kind) {
    case DropoutKind::none: return x;
    case DropoutKind::plain: return keep ? x * T(dropout.a) : T(0);
    case DropoutKind::alpha:
      return T(dropout.a) * (keep ? x : T(dropout.alpha_prime)) + T(dropout.b);
  }
  return x;
}

template <class T>
void pointwise_forward(const T* x, const T* bias, T* y, std::int64_t rows, std::int64_t columns,
                       const Activation& f, const Dropout& dropout, const MaskStream& mask) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t j = 0; j < columns; ++j) {
      const std::int64_t i = r * columns + j;
      const T value = activation(f, bias == nullptr ? x[i] : x[i] + bias[j]);
      y[i] = apply_dropout(dropout, is_kept(dropout, mask, r, j), value);
    }
  }
}

template <class T>
void pointwise_backward(const T* dy, const T* saved, T* dx, std::int64_t rows, std::int64_t columns,
                        const Activation& f, const Dropout& dropout, const MaskStream& mask) {
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    T slope = T(1);
    if (!can_differentiate_from_output(f)) {
      slope = activation_derivative(f, saved[i]);
    } else if (f.kind != ActivationKind::identity) {
      slope = derivative_from_output(f, (saved[i] - T(dropout.b)) / T(dropout.a));
    }
    const bool keep = is_kept(dropout, mask, i / columns, i % columns);
    dx[i] = keep ? dy[i] * slope * T(dropout.a) : T(0);
  }
}

template <class T>
void feature_dropout_forward(const T* x, T* y, std::int64_t rows, std::int64_t positions,
                             std::int64_t channels, const Dropout& dropout,
                             const MaskStream& mask) {
  for (std::int64_t i = 0; i < rows * positions * channels; ++i) {
    const bool keep = is_kept(dropout, mask, i / (positions * channels), i % channels);
    y[i] = apply_dropout(dropout, keep, x[i]);
  }
}

template <class T>
void feature_dropout_backward(const T* dy, T* dx, std::int64_t rows, std::int64_t positions,
                              std::int64_t channels, const Dropout& dropout,
                              const MaskStream& mask) {
  for (std::int64_t i = 0; i < rows * positions * channels; ++i) {
    const bool keep = is_kept(dropout, mask, i / (positions * channels), i % channels);
    dx[i] = keep ? dy[i] * T(dropout.a) : T(0);
  }
}

}  // namespace selfnorm::ref
