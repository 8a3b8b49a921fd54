// SPDX-License-Identifier: Apache-2.0
// Bias, activation and dropout in one pass over memory, forward and backward. The functions are
// vectorized for the instruction set found at run time, single-threaded, and do not allocate. They
// do not read or write outside the arrays, at any alignment. Arrays may be the same or disjoint but
// must not overlap partially. Masks are drawn again in the backward pass (docs/adr/0003-masks.md)
// and are the same for every instruction set.
//
// The largest error of the activations in ULP of the exact value, over all finite floats including
// subnormal results, on every instruction set (verified by tests/kernels/activation_test.cc):
//   selu 2 (3 if input_scale is not exactly a float), elu 2, leaky_relu 1.5, relu exact,
//   tanh 3, sigmoid 2.5, softplus 2.5, gelu 6.5, silu 3.5, exp 1.5, expm1 2
// NaN gives NaN. selu(−∞) is −λα, rounded. gelu and silu are 0 at −∞. Derivatives have an error
// below 1e-6·max(1, |f′|), since they are differences of numbers near 1. Those of
// selu_backward_from_input have a relative error.
#pragma once

#include <cstdint>

#include "kernels/pointwise.h"

namespace selfnorm {

/// Computes y = dropout(f(x + bias)). x and y are rows × columns. `bias` has one number per column,
/// or is null. Row r is row mask.first_row + r of the stream of masks. y may be x.
/// Source: ONNX Selu, Elu, Relu, LeakyRelu, Tanh, Sigmoid, Softplus, Gelu (approximate = none),
/// Exp, Dropout; alpha dropout of Klambauer et al. 2017.
void pointwise_forward(const float* x, const float* bias, float* y, std::int64_t rows,
                       std::int64_t columns, const Activation& activation, const Dropout& dropout,
                       const MaskStream& mask);

/// Computes dx, the gradient with respect to x + bias, from dy, the gradient with respect to y. All
/// arrays are rows × columns. dx may be dy or saved. `saved` is the y of the forward pass if
/// can_differentiate_from_output(activation), else its x + bias. It is not read for the identity.
/// The gradient at a kink is that of x ≤ 0. With alpha dropout, (y − b)/a is the output of the
/// activation up to the rounding of y. An element counts as positive iff y > b, and derivatives are
/// never below 0.
void pointwise_backward(const float* dy, const float* saved, float* dx, std::int64_t rows,
                        std::int64_t columns, const Activation& activation, const Dropout& dropout,
                        const MaskStream& mask);

/// Computes dx = dy·f′(x) from the input x of selu or elu, with input_scale 1. dx may be dy or x.
/// The error of f′ is at most 2.5 ULP.
void selu_backward_from_input(const float* dy, const float* x, float* dx, std::int64_t count,
                              const Activation& activation);

/// Drops whole channels, with one draw per (row, channel) for all positions. Arrays are rows ×
/// positions × channels, channels fastest. y may be x.
void feature_dropout_forward(const float* x, float* y, std::int64_t rows, std::int64_t positions,
                             std::int64_t channels, const Dropout& dropout, const MaskStream& mask);

/// Computes dx from dy for feature_dropout_forward with the same dropout and mask. dx may be dy.
void feature_dropout_backward(const float* dy, float* dx, std::int64_t rows, std::int64_t positions,
                              std::int64_t channels, const Dropout& dropout,
                              const MaskStream& mask);

}  // namespace selfnorm
