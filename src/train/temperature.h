// SPDX-License-Identifier: Apache-2.0
// Temperature scaling of class probabilities (Guo et al. 2017, On calibration of modern neural
// networks).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "train/trained_model.h"

namespace selfnorm {

/// Returns the temperature T in [e⁻³, e³] for which softmax(outputs/T) has the smallest cross
/// entropy with the labels, plus 2·(log T)². This term is that of a normal prior of log T with the
/// standard deviation 0.5, in nats for all rows, so that few rows change T little. `outputs` are
/// rows × classes, and a negative label is missing. Accurate to about 1e-6. 1 without labels.
double fit_temperature(std::span<const float> outputs, std::int64_t classes,
                       std::span<const std::int32_t> labels);

/// Fits the temperature to rows that the model did not train on, of at most 5,000 rows, evenly
/// spaced, and divides the outputs by it: changes the last dense layer, and stores the lines
/// (TrainedModel::output_lines). Does nothing unless the targets are classes without class weights,
/// and the network ends with a dense layer of its own.
void scale_temperature(TrainedModel& model, const Dataset& data,
                       std::span<const std::int64_t> rows);

/// Returns the temperature of a model whose outputs were divided by one.
std::optional<double> temperature_of(const TrainedModel& model);

}  // namespace selfnorm
