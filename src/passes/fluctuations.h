// SPDX-License-Identifier: Apache-2.0
// Corrections for finite width of the signals that are predicted for infinite width: the spread
// over draws of the weights, and the shift of the average.
#pragma once

#include <cstdint>
#include <vector>

#include "passes/signals.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// Predicts the fluctuation of each value for a batch of this number of samples. `known` and
/// `signals` are the argument and the result of `predict_signals`. The responses of layers are
/// computed from few of the samples. Each layer with random weights depends on the mean square of
/// its input, which fluctuates because the input has a finite number of units. Later layers respond
/// to this as to a signal of another scale. Weights are taken as normal and independent, and
/// orthogonal weights as length-preserving. Source: Roberts, Yaida & Hanin 2022, ch. 4, for one
/// sample. The covariances of samples and positions are those of the predicted fields.
std::vector<Fluctuation> predict_fluctuations(const Graph& graph,
                                              const std::map<ValueId, MomentField>& known,
                                              const PredictedSignals& signals,
                                              std::int64_t samples);

}  // namespace selfnorm
