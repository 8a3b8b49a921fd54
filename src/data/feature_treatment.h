// SPDX-License-Identifier: Apache-2.0
// How each feature of a table is standardized.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// The transform of a feature before standardization.
enum class Scaling { standard, smooth_clip, quantile, automatic };

/// What standardization should do with a feature.
struct FeatureTreatment {
  Scaling scaling = Scaling::standard;
  std::int64_t group = -1;  ///< features of the same group share a standard deviation; −1: none
};

/// Returns the treatment of each feature of an input, empty if it is not from a table. Only
/// numbers, times and ordinal words have the scaling `name` (DataOptions::scaling). The numbers of
/// a category are a group: each row has a 1 in one of them, so with one standard deviation, rare
/// categories are no outliers, and the mean square of the group is 1 in nearly every row.
std::vector<FeatureTreatment> treat_features(const Field& field,
                                             const std::vector<TableColumn>& table,
                                             const std::string& name);

}  // namespace selfnorm
