// SPDX-License-Identifier: Apache-2.0
// How each feature of a table is standardized.
#pragma once

#include <string>
#include <vector>

#include "data/standardizer.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns `scaling` (DataOptions::scaling), with "auto" resolved: "quantile" for classes, whose
/// boundaries do not depend on the scale of a column, and "standard" for numbers, which often grow
/// in proportion to a column (experiments/tables compares both).
std::string resolve_scaling(const std::string& scaling, const Targets& targets);

/// Returns the treatment of each feature of an input, empty if it is not from a table. Numbers,
/// times and ordinal words have the transform of a resolved scaling. The numbers of a category
/// share a standard deviation, and no mark of a category or a missing cell is more than 10 standard
/// deviations away. With its own one, a category of 1 row in 1,000 would be 32 away.
std::vector<FeatureTreatment> treat_features(const Field& field,
                                             const std::vector<TableColumn>& table,
                                             const std::string& scaling);

}  // namespace selfnorm
