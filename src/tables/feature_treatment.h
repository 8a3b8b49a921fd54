// SPDX-License-Identifier: Apache-2.0
// How each feature of a table is standardized.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/standardizer.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns DataOptions::scaling. "auto" becomes "quantile" for classes and at least 1,000 training
/// rows, else "standard". These have the best scores in experiments/tables.
std::string resolve_scaling(const std::string& scaling, const Targets& targets,
                            std::int64_t train_rows);

/// Returns how to standardize each feature of an input; empty if it is not from a table. Numbers,
/// times and ordinal words get the transform of the resolved scaling. The numbers of a category
/// share a standard deviation. An indicator of a category or of missing cells is at most 10 after
/// standardization. With a standard deviation of its own, that of 1 row in 1,000 would be 32.
std::vector<FeatureTreatment> treat_features(const Field& field,
                                             const std::vector<TableColumn>& table,
                                             const std::string& scaling);

}  // namespace selfnorm
