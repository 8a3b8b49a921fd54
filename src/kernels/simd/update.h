// SPDX-License-Identifier: Apache-2.0
// Optimizer steps over n parameters in one fused pass. It reads the gradient dw, the parameters w
// and their slots, and writes w and the slots. Single-threaded. Elements are independent, so ranges
// may be split anywhere and give the same bits. Coefficients are computed in double and rounded
// once. Slots below the smallest normal float are written as 0, since denormals would slow down
// every later step.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// The gradient of a step: g = clip(scale·(dw + 2·l2·w)). This is the gradient of loss + l2·Σw²
/// (Keras's L2 regularizer), times the scale of clipping by norm.
struct GradientTransform {
  double scale = 1;
  double l2 = 0;
  double clip_value = 0;  ///< g is clipped to [−clip_value, clip_value]; 0: no limit; keeps NaN
};

/// SGD as in PyTorch: v ← momentum·v + g, w ← w − learning_rate·v, or with Nesterov
/// w ← w − learning_rate·(g + momentum·v). Keras stores −learning_rate·v in its slot instead, which
/// gives the same steps as long as the learning rate does not change.
struct SgdStep {
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
};
/// `velocity` may be null if momentum is 0. It is then neither read nor written.
void sgd_update(float* w, const float* dw, float* velocity, std::int64_t n,
                const GradientTransform& transform, const SgdStep& step);

/// Adam (Kingma & Ba 2015, algorithm 1) with step number t from 1:
/// m ← m + (1−β₁)(g − m), v ← v + (1−β₂)(g² − v), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ),
/// w ← w − learning_rate·weight_decay·w − learning_rate·m̂/(√v̂ + ε).
/// ε is added to √v̂ as in PyTorch. Keras adds it to √v, so its ε is effectively larger, ε/√(1−β₂ᵗ),
/// in the first steps. The decay is decoupled (Loshchilov & Hutter 2019): 0 is Adam, more is AdamW.
struct AdamStep {
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  double weight_decay = 0;
  std::int64_t step_number = 1;  ///< t
};
void adam_update(float* w, const float* dw, float* m, float* v, std::int64_t n,
                 const GradientTransform& transform, const AdamStep& step);

/// RMSprop as in Keras: v ← v + (1−ρ)(g² − v), u = learning_rate·g/√(v + ε). Without momentum,
/// w ← w − u. With momentum, b ← momentum·b + u, w ← w − b. PyTorch adds ε outside the root.
struct RmspropStep {
  double learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
};
/// `momentum` may be null if step.momentum is 0. It is then neither read nor written.
void rmsprop_update(float* w, const float* dw, float* v, float* momentum, std::int64_t n,
                    const GradientTransform& transform, const RmspropStep& step);

}  // namespace selfnorm::kernels
