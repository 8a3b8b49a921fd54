// SPDX-License-Identifier: Apache-2.0
// The soft Dice loss (Milletari, Navab, Ahmadi 2016, with sums instead of squares below): how far
// the predicted and the true region of each class are from covering each other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/loss.h"

namespace selfnorm::kernels {

/// Images are samples × positions × channels in memory, channels fastest.
struct DiceShape {
  std::int64_t samples = 0, positions = 0, channels = 0;
  double smooth = 1;  ///< ε ≥ 0
};

/// One of these: labels (samples × positions, from 0, a negative one is missing), or shares in the
/// shape of the logits, where NaN in any channel makes a pixel missing. Missing pixels do not
/// count.
struct DiceTargets {
  const std::int32_t* labels = nullptr;
  const float* shares = nullptr;
};

/// Bytes that the functions below need at `scratch`, 64-byte aligned.
std::size_t dice_scratch_bytes(const DiceShape& shape);

/// With p the sigmoid of one channel or the softmax over several, the sum over samples and channels
/// of 1 − (2·Σpy + ε)/(Σp + Σy + ε), Σ over positions; its weight is samples·channels. What is 0/0,
/// as a class that is not there when ε is 0 and p underflows, counts as covered: loss 0. Sums are
/// in double, p within the error of sigmoid and softmax. NaN or +∞ among the logits gives NaN. Runs
/// on all threads; the same bits for any number of them.
LossSum dice(const float* x, const DiceTargets& targets, const DiceShape& shape,
             std::byte* scratch);

/// dx = scale·∂(sum)/∂x. dx must not be x.
void dice_gradient(const float* x, const DiceTargets& targets, float* dx, const DiceShape& shape,
                   double scale, std::byte* scratch);

}  // namespace selfnorm::kernels
