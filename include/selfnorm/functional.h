// SPDX-License-Identifier: Apache-2.0
// ELU, SELU, dropout and alpha dropout over spans of floats, forward and backward, without the rest
// of the library. Every function is thread-safe, depends only on its arguments, uses the widest
// vector instructions of the processor, runs in the calling thread and allocates no memory.
//
// The spans of a call must be equal in length, and identical or disjoint: every function can work
// in place. Throws Error(shape) for unequal lengths, and Error(config) for a parameter that is NaN
// or out of range. NaN in the data is propagated.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace selfnorm {

/// Computes y = x for x > 0, else α·(e^x − 1), for finite α ≥ 0.
/// Numerics: within 2 ULP over all floats. Source: ONNX Elu; Clevert et al. 2015.
void elu(std::span<const float> x, std::span<float> y, double alpha = 1);

/// Computes dx = dy·f′ from the output y of `elu` with the same α; f′ = α at 0.
/// Numerics: f′ is within 1e-6·max(1, α) of the exact value. There is no bound on the relative
/// error, for the reason given at `selu_backward`.
void elu_backward(std::span<const float> dy, std::span<const float> y, std::span<float> dx,
                  double alpha = 1);

/// Computes the same from the input x of `elu`. Numerics: f′ is within 2.5 ULP over all floats.
void elu_backward_from_input(std::span<const float> dy, std::span<const float> x,
                             std::span<float> dx, double alpha = 1);

/// Computes y = λ·x for x > 0, else λα·(e^x − 1), with the constants whose fixed point is (0, 1).
/// Numerics: within 2 ULP over all floats; below x = −17.4, y is −λα rounded.
/// Source: ONNX Selu; Klambauer et al. 2017, equation 2.
void selu(std::span<const float> x, std::span<float> y);

/// Computes dx = dy·f′ from the output y of `selu`; f′ = λα at 0.
/// Numerics: f′ is within 1e-6 of the exact value. Its relative error grows in the negative tail,
/// because f′ = y + λα and floats near −λα are 1.2e-7 apart: y does not contain a smaller slope,
/// and below x = −17.4 all outputs are equal and f′ is 0. In return, the input need not be kept,
/// and `selu` can overwrite it. `selu_backward_from_input` has a small relative error.
void selu_backward(std::span<const float> dy, std::span<const float> y, std::span<float> dx);

/// Computes the same from the input x of `selu`, with an exponential for each element.
/// Numerics: f′ is within 2.5 ULP over all floats.
void selu_backward_from_input(std::span<const float> dy, std::span<const float> x,
                              std::span<float> dx);

/// Sets each element to 0 with probability `rate` in [0, 1) and divides the others by the keep
/// probability, 1 − rate. The mask is a pure function of (seed, step, name, index): increment
/// `step` for a new mask, and give each use its own name. The keep probability is rounded to a
/// multiple of 1/65536, and to at least 1/65536. Numerics: within 1.5 ULP. Source: ONNX Dropout;
/// Srivastava et al. 2014.
void dropout(std::span<const float> x, std::span<float> y, double rate, std::uint64_t seed,
             std::uint64_t step = 0, std::string_view name = "");

/// Computes dx from dy for `dropout` with the same rate, seed, step and name, which give the same
/// mask.
void dropout_backward(std::span<const float> dy, std::span<float> dx, double rate,
                      std::uint64_t seed, std::uint64_t step = 0, std::string_view name = "");

/// Sets each element to α′ = −λα with probability `rate` in [0, 1), then applies the affine map
/// a·x + b that restores the mean and variance of the input. These are given: `mean` is finite,
/// `variance` finite and > 0. Draws masks as `dropout` does.
/// Numerics: a·x + b with a and b in float. Source: Klambauer et al. 2017, "New dropout technique".
void alpha_dropout(std::span<const float> x, std::span<float> y, double rate, std::uint64_t seed,
                   std::uint64_t step = 0, std::string_view name = "", double mean = 0,
                   double variance = 1);

/// Computes the mean of the output of `alpha_dropout` over all masks, which is what a network uses
/// at inference: a·q·x + a·(1 − q)·α′ + b with the keep probability q. Numerics: one multiplication
/// and one addition in float. Source: docs/theory.md.
void alpha_dropout_expectation(std::span<const float> x, std::span<float> y, double rate,
                               double mean = 0, double variance = 1);

/// Computes dx from dy for `alpha_dropout` with the same arguments, which give the same mask.
void alpha_dropout_backward(std::span<const float> dy, std::span<float> dx, double rate,
                            std::uint64_t seed, std::uint64_t step = 0, std::string_view name = "",
                            double mean = 0, double variance = 1);

}  // namespace selfnorm
