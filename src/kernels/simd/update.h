// SPDX-License-Identifier: Apache-2.0
// One optimizer step over n parameters in one fused pass: reads the gradient dw, the parameters w
// and their slots, writes w and the slots. Single-threaded; elements do not see each other, so
// ranges may be split anywhere and give the same bits. Coefficients are worked out in double and
// rounded once. Slots smaller than the least normal float are written as 0: denormals would slow
// every later step.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// The gradient that a step uses: g = clip(scale·(dw + 2·l2·w)), the gradient of
/// loss + l2·Σw² (Keras's L2 regularizer), scaled by what clipping to a norm leaves of it.
struct GradientTerms {
  double scale = 1;
  double l2 = 0;
  double clip_value = 0;  ///< g is held to [−clip_value, clip_value]; 0 for no limit. NaN stays NaN
};

/// PyTorch's form: v ← momentum·v + g, w ← w − learning_rate·v, or with Nesterov
/// w ← w − learning_rate·(g + momentum·v). Keras keeps −learning_rate·v in its slot instead: the
/// same steps as long as the learning rate does not change.
struct SgdStep {
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
};
/// `velocity` may be null when momentum is 0, and is then neither read nor written.
void sgd_update(float* w, const float* dw, float* velocity, std::int64_t n,
                const GradientTerms& terms, const SgdStep& step);

/// Kingma & Ba 2015, algorithm 1, with step number t from 1:
/// m ← m + (1−β₁)(g − m), v ← v + (1−β₂)(g² − v), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ),
/// w ← w − learning_rate·weight_decay·w − learning_rate·m̂/(√v̂ + ε).
/// ε stands beside √v̂ as in PyTorch; Keras's stands beside √v, so its is smaller by √(1−β₂ᵗ) in the
/// first steps. The decay is decoupled (Loshchilov & Hutter 2019): 0 is Adam, more is AdamW.
struct AdamStep {
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  double weight_decay = 0;
  std::int64_t number = 1;  ///< t
};
void adam_update(float* w, const float* dw, float* m, float* v, std::int64_t n,
                 const GradientTerms& terms, const AdamStep& step);

/// Keras's form: v ← v + (1−ρ)(g² − v), u = learning_rate·g/√(v + ε); without momentum w ← w − u,
/// with it b ← momentum·b + u, w ← w − b. PyTorch's ε stands outside the root.
struct RmspropStep {
  double learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
};
/// `momentum` may be null when step.momentum is 0, and is then neither read nor written.
void rmsprop_update(float* w, const float* dw, float* v, float* momentum, std::int64_t n,
                    const GradientTerms& terms, const RmspropStep& step);

}  // namespace selfnorm::kernels
