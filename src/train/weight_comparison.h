// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "selfnorm/dataset.h"
#include "train/evaluator.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Returns by how many standard errors `other` scores better than the model's own weights on these
/// rows. The rows are dealt to at most 32 groups, and the standard error is that of the mean
/// difference over groups (batch means, Conway 1963). Positive: `other` is better. Infinite if all
/// groups differ by the same amount, 0 if none differs. NaN if the score is defined in fewer than
/// two groups. `evaluator` is that of the model, whose weights are the same afterwards, also if an
/// exception is thrown.
double standard_errors_better(TrainedModel& model, const Weights& other, Evaluator& evaluator,
                              const Dataset& data, std::span<const std::int64_t> rows,
                              const std::string& score);

}  // namespace selfnorm
