// SPDX-License-Identifier: Apache-2.0
// The last layer of the default network for targets that are numbers.
#pragma once

#include <cstdint>
#include <span>

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Adds a layer that scales the outputs to the mean and standard deviation of the targets over the
/// training rows, or to those of their logarithms, and counts the loss in these units. Then no
/// weight has to learn the unit of a target (euros or cents), a good learning rate for one unit is
/// good for the other, and no target outweighs the others. Does nothing for classes and for a loss
/// without a unit.
void scale_to_targets(RunConfig& config, const Dataset& train,
                      std::span<const std::int64_t> train_rows);

}  // namespace selfnorm
