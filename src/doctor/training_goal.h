// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "train/objective.h"

namespace selfnorm {

/// What the training asks of the network's output.
struct TrainingGoal {
  Objective objective;
  const Targets* targets = nullptr;     ///< nullptr: not known
  std::vector<std::int64_t> rows = {};  ///< the training rows of `targets`
};

}  // namespace selfnorm
