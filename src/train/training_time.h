// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "train/trainer.h"

namespace selfnorm {

/// Returns the expected seconds of a training, from a few steps with a copy of the model. NaN if
/// they fail. Early stopping may end the training sooner.
double predict_training_seconds(const TrainedModel& model, const TrainingData& data,
                                const TrainOptions& options);

}  // namespace selfnorm
