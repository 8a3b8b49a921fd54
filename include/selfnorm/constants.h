// SPDX-License-Identifier: Apache-2.0
// The constants of self-normalization (Klambauer et al. 2017, equation 14).
#pragma once

namespace selfnorm {

/// α of SELU.
inline constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
/// λ of SELU.
inline constexpr double kSeluLambda = 1.0507009873554804934193349852946;

/// α′ = −λα, the value of dropped elements in alpha dropout: the limit of SELU at minus infinity.
inline constexpr double kAlphaPrime = -kSeluLambda * kSeluAlpha;

/// Standard deviation of a standard normal truncated at ±2. `lecun_normal` divides by it.
inline constexpr double kTruncatedNormalStandardDeviation = 0.87962566103423978;

// ONNX's Selu declares these float defaults; our doubles must round to them.
static_assert(static_cast<float>(kSeluAlpha) == 1.67326319217681884765625f);
static_assert(static_cast<float>(kSeluLambda) == 1.05070102214813232421875f);

}  // namespace selfnorm
