// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "selfnorm/train.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Whether the output of the model can be refitted: a regression with the squared error whose
/// network has dropout and ends with a dense layer of its own, possibly followed by scale layers.
bool can_refit_output(const TrainedModel& model);

/// Computes, for each output, the least-squares line of the targets on the predictions of these
/// rows, changes the weights and biases of the last dense layer so that the model predicts this
/// line, and stores the lines in the model. Uses at most 20,000 rows, evenly spaced. An output
/// whose predictions or targets do not vary, or whose slope is not positive, keeps the line 1·x +
/// 0.
void refit_output(TrainedModel& model, const Dataset& data, std::span<const std::int64_t> rows);

/// Whether the outputs are computed by a dense layer of their own, possibly followed by scale
/// layers and the average of an ensemble.
bool has_own_last_layer(const TrainedModel& model);

/// Changes the weights and biases of this layer so that the model computes one line of each output,
/// and stores the lines in the model, which must have none.
void apply_output_lines(const std::vector<OutputLine>& lines, TrainedModel& model);

/// Restores the outputs as trained, and removes the lines from the model.
void undo_output_lines(TrainedModel& model);

}  // namespace selfnorm
