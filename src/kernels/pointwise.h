// SPDX-License-Identifier: Apache-2.0
// Plain-data descriptions of an activation and a dropout for the kernels, filled in by the ops.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "selfnorm/constants.h"

namespace selfnorm {

enum class ActivationKind : std::uint8_t {
  identity,
  selu,
  elu,
  relu,
  leaky_relu,
  tanh,
  sigmoid,
  softplus,
  gelu,
  silu,
  exp,
  expm1
};

/// An activation y = f(x). Parameters that a kind does not have are ignored.
///   selu: λ·u for u > 0, else λ·α·(e^u − 1), with u = input_scale·x
///   elu: x for x > 0, else α·(e^x − 1);  leaky_relu: x for x > 0, else α·x
struct Activation {
  ActivationKind kind = ActivationKind::identity;
  double alpha = kSeluAlpha;    ///< selu, elu, leaky_relu
  double lambda = kSeluLambda;  ///< selu
  double input_scale = 1;       ///< selu: the √s of a depth-shaped SELU
};

enum class DropoutKind : std::uint8_t { none, plain, alpha };

/// Whether f′ can be computed from the output alone, so that the output may overwrite the input.
/// Otherwise the backward pass needs the input: gelu, silu and a leaky_relu with a negative slope
/// are not monotonic. selu and elu require λ > 0, input_scale > 0 and α ≥ 0.
constexpr bool can_differentiate_from_output(const Activation& activation) {
  switch (activation.kind) {
    case ActivationKind::gelu:
    case ActivationKind::silu: return false;
    case ActivationKind::leaky_relu: return activation.alpha >= 0;
    default: return true;
  }
}

/// What alpha dropout computes at inference: x, as published, or the expectation of its output over
/// the masks, a·q·x + a·(1 − q)·α′ + b (docs/adr/0009-alpha-dropout-inference.md).
enum class DropoutInference : std::uint8_t { identity, expectation };

/// A dropout, which maps kept and dropped elements:
///   plain: keep → x·a (a = 1/q), drop → 0;   alpha: keep → a·x + b, drop → a·α′ + b.
struct Dropout {
  DropoutKind kind = DropoutKind::none;
  std::uint32_t threshold = 65536;  ///< keep if a 16-bit draw is below it; q = threshold / 65536
  double a = 1;
  double b = 0;
  double alpha_prime = kAlphaPrime;
  DropoutInference inference = DropoutInference::identity;  ///< alpha
};

/// The probability that an element is kept.
constexpr double keep_probability(const Dropout& dropout) { return dropout.threshold / 65536.0; }

/// Whether the dropout draws masks. Otherwise, it keeps all elements and maps x to a·x + b.
constexpr bool draws_masks(const Dropout& dropout) {
  return dropout.kind != DropoutKind::none && dropout.threshold < 65536;
}

/// Whether the dropout changes any element.
constexpr bool changes_values(const Dropout& dropout) {
  return dropout.kind != DropoutKind::none &&
         !(!draws_masks(dropout) && dropout.a == 1 && dropout.b == 0);
}

/// The stream of mask bits of a step. Element j of row r is kept if draw(key, step, r, j) is below
/// the threshold (docs/adr/0003-masks.md; kernels/ref/mask.h). `first_row` is the index in the
/// whole batch of the first row that a kernel gets, so a batch may be split between any rows.
struct MaskStream {
  RandomKey key;
  std::uint64_t step = 0;
  std::uint64_t first_row = 0;
};

}  // namespace selfnorm
