// SPDX-License-Identifier: Apache-2.0
// What finite width adds to the signals that are predicted for infinite width: how far single draws
// of the weights lie from them, and their average.
#pragma once

#include <cstdint>
#include <vector>

#include "passes/signals.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// By value, for a batch of so many samples, of which few tell how layers respond; `known` and
/// `signals` are as `predict_signals` takes and gives them. Each layer with drawn weights sees the
/// mean square of its input with the noise of that input's units, n of them; layers behind respond
/// to it as to a signal of another scale. Weights are taken as normal and independent,
/// orthogonal ones as keeping lengths. Sources: Roberts, Yaida & Hanin 2022, ch. 4 (one sample),
/// with what samples and positions have in common from the predicted fields.
std::vector<Fluctuation> predict_fluctuations(const Graph& graph,
                                              const std::map<ValueId, MomentField>& known,
                                              const PredictedSignals& signals,
                                              std::int64_t samples);

}  // namespace selfnorm
