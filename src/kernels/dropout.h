// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/pointwise.h"

namespace selfnorm {

/// The dropout of this rate, which the caller has checked to lie in [0, 1). The keep rate is
/// rounded to a multiple of 1/65536, at least one, and a and b are those of the rounded rate, so
/// the mean (and for alpha dropout the variance) are kept exactly. mean, variance > 0 and
/// alpha_prime matter to alpha dropout only: the moments of the input, and what it writes in place
/// of a dropped value. Source: Klambauer et al. 2017; ONNX Dropout for plain.
Dropout make_dropout(DropoutKind kind, double rate, double mean = 0, double variance = 1,
                     double alpha_prime = kAlphaPrime);

}  // namespace selfnorm
