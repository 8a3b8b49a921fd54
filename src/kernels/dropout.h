// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/pointwise.h"

namespace selfnorm {

/// Returns the dropout with this rate, which the caller has checked to be in [0, 1). The keep
/// probability is rounded to a multiple of 1/65536, at least 1/65536. a and b are computed for the
/// rounded rate, so that the mean (and for alpha dropout the variance) is kept exactly. The last
/// three arguments are for alpha dropout only: the mean and variance > 0 of the input, and the
/// value of dropped elements. Source: Klambauer et al. 2017; ONNX Dropout for plain.
Dropout make_dropout(DropoutKind kind, double rate, double mean = 0, double variance = 1,
                     double alpha_prime = kAlphaPrime);

/// Returns what the dropout is at inference, which draws no masks: the identity, or for alpha
/// dropout with DropoutInference::expectation the expectation over the masks.
Dropout inference_dropout(const Dropout& dropout);

}  // namespace selfnorm
