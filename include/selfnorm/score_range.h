// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm {

/// What puts a metric on a set of rows into proportion.
struct ScoreRange {
  std::string name;  ///< of the metric
  /// 95 % interval of the metric on other rows of the same kind, for this model. NaN: unknown.
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  /// The metric of the best constant prediction for these rows: the shares of the classes, or the
  /// mean of each target. NaN: unknown.
  double baseline = std::numeric_limits<double>::quiet_NaN();
};

using ScoreRanges = std::vector<ScoreRange>;

/// The loss and metrics of a set of rows, and the ranges of the metrics.
struct RatedScores {
  Scores scores;
  ScoreRanges ranges;
};

}  // namespace selfnorm
