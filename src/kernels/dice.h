// SPDX-License-Identifier: Apache-2.0
// The soft Dice loss (Milletari, Navab, Ahmadi 2016, with sums instead of squares in the
// denominator). It measures how little the predicted and the true region of each class overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/loss.h"

namespace selfnorm::kernels {

/// The shape of images: samples × positions × channels in memory, channels fastest.
struct DiceShape {
  std::int64_t samples = 0, positions = 0, channels = 0;
  double smooth = 1;  ///< ε ≥ 0
};

/// The targets. Either `labels` or `target_probabilities` is null. `labels` are class indices from
/// 0 (samples × positions), negative if missing. `target_probabilities` are class fractions in the
/// shape of the logits, where a NaN in any channel marks a pixel as missing. Missing pixels do not
/// count.
struct DiceTargets {
  const std::int32_t* labels = nullptr;
  const float* target_probabilities = nullptr;
};

/// Returns the number of bytes that the functions below need at `scratch`, which must be 64-byte
/// aligned.
std::size_t dice_scratch_bytes(const DiceShape& shape);

/// Returns the sum over samples and channels of 1 − (2·Σpy + ε)/(Σp + Σy + ε), with Σ over
/// positions and p the sigmoid of one channel or the softmax over several. The weight is
/// samples·channels. A term with 0/0 has loss 0, for example an absent class if ε is 0 and p
/// underflows. Sums are computed in double, and p within the error of sigmoid and softmax. NaN or
/// +∞ among the logits gives NaN. Runs on all threads, with the same bits for any number of them.
LossSum dice(const float* x, const DiceTargets& targets, const DiceShape& shape,
             std::byte* scratch);

/// Computes dx = scale·∂(sum)/∂x. dx must not be x.
void dice_gradient(const float* x, const DiceTargets& targets, float* dx, const DiceShape& shape,
                   double scale, std::byte* scratch);

}  // namespace selfnorm::kernels
