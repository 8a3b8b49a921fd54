// SPDX-License-Identifier: Apache-2.0
// Bias, activation and dropout in one pass over memory, forward and backward. Vectorized for the
// instruction set found at run time; single-threaded; no allocation; nothing outside the arrays is
// read or written, at any alignment. Arrays may be the same or disjoint, not shifted. Masks are
// drawn anew in each direction (docs/adr/0003-masks.md) and are the same for every instruction set.
//
// Largest error of the activations in ULP of the exact value, over all finite floats, subnormal
// results included, on every instruction set (tests/kernels/activation_test.cc holds them to this):
//   selu 2 (3 with an input_scale that is no float), elu 2, leaky_relu 1.5, relu exact,
//   tanh 3, sigmoid 2.5, softplus 2.5, gelu 6.5, silu 3.5
// NaN gives NaN; selu(−∞) is −λα rounded; gelu and silu are 0 at −∞. Slopes are within 1e-6 of the
// exact derivative, absolutely: they are differences of numbers near 1.
#pragma once

#include <cstdint>

#include "kernels/pointwise.h"

namespace selfnorm {

/// y = dropout(f(x + bias)). x and y: rows × columns; bias: columns numbers, or null for none.
/// Row r has number mask.first_row + r in the stream of masks. y may be x.
/// Source: ONNX Selu, Elu, Relu, LeakyRelu, Tanh, Sigmoid, Softplus, Gelu (approximate = none),
/// Dropout; alpha dropout of Klambauer et al. 2017.
void pointwise_forward(const float* x, const float* bias, float* y, std::int64_t rows,
                       std::int64_t columns, const Activation& activation, const Dropout& dropout,
                       const MaskStream& mask);

/// dx, the gradient with respect to x + bias, given dy, that of y. All are rows × columns; dx may
/// be dy or saved. `saved` is y as forward wrote it where gradient_from_output(activation), else
/// the x + bias that went in; not read for the identity. The gradient at a kink is that of x ≤ 0.
/// Through alpha dropout (y − b)/a is the activation's output up to the rounding of y: an element
/// counts as positive iff y > b, and slopes never fall below 0.
void pointwise_backward(const float* dy, const float* saved, float* dx, std::int64_t rows,
                        std::int64_t columns, const Activation& activation, const Dropout& dropout,
                        const MaskStream& mask);

/// Drops whole channels: one draw for each (row, channel), shared by all positions. Memory is
/// rows × positions × channels, channels fastest. y may be x.
void feature_dropout_forward(const float* x, float* y, std::int64_t rows, std::int64_t positions,
                             std::int64_t channels, const Dropout& dropout, const MaskStream& mask);

/// dx from dy for feature_dropout_forward with the same dropout and mask. dx may be dy.
void feature_dropout_backward(const float* dy, float* dx, std::int64_t rows, std::int64_t positions,
                              std::int64_t channels, const Dropout& dropout,
                              const MaskStream& mask);

}  // namespace selfnorm
