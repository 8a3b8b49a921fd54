// SPDX-License-Identifier: Apache-2.0
// What an activation and a dropout are to the kernels: plain data, filled in by the ops.
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
  silu
};

/// y = f(x). Parameters that a kind does not have are ignored.
///   selu: scale·λ·x for x > 0, else λ·α·(e^x − 1), with x multiplied by `input_scale` first
///   elu: x for x > 0, else α·(e^x − 1);  leaky_relu: x for x > 0, else α·x
struct Activation {
  ActivationKind kind = ActivationKind::identity;
  double alpha = kSeluAlpha;    ///< selu, elu, leaky_relu
  double lambda = kSeluLambda;  ///< selu
  double input_scale = 1;       ///< selu: the √s of a depth-shaped SELU
};

enum class DropoutKind : std::uint8_t { none, plain, alpha };

/// True when f′ follows from the output alone, so that backward keeps y and the input may be
/// overwritten; otherwise backward needs the input (gelu and silu turn round, and so does a
/// leaky_relu of negative slope). selu and elu count on λ > 0, input_scale > 0 and α ≥ 0.
constexpr bool gradient_from_output(const Activation& activation) {
  switch (activation.kind) {
    case ActivationKind::gelu:
    case ActivationKind::silu: return false;
    case ActivationKind::leaky_relu: return activation.alpha >= 0;
    default: return true;
  }
}

/// What becomes of an element whose mask bit says keep or drop:
///   plain: keep → x·a (a = 1/q), drop → 0;   alpha: keep → a·x + b, drop → a·α′ + b.
struct Dropout {
  DropoutKind kind = DropoutKind::none;
  std::uint32_t threshold = 65536;  ///< keep when a 16-bit draw is below: q = threshold / 65536
  double a = 1;
  double b = 0;
  double alpha_prime = kAlphaPrime;
};

/// The probability that an element is kept.
constexpr double keep_rate(const Dropout& dropout) { return dropout.threshold / 65536.0; }

/// False when the dropout leaves every element as it is.
constexpr bool changes_values(const Dropout& dropout) {
  return dropout.kind != DropoutKind::none &&
         !(dropout.threshold >= 65536 && dropout.a == 1 && dropout.b == 0);
}

/// Where the mask bits of a step come from: element j of row r is kept when draw(key, step, r, j)
/// is below the threshold (docs/adr/0003-masks.md; kernels/ref/mask.h). `first_row` is the global
/// number of the first row at hand, so a batch may be split anywhere between rows.
struct MaskStream {
  RandomKey key;
  std::uint64_t step = 0;
  std::uint64_t first_row = 0;
};

}  // namespace selfnorm
