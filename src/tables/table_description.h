// SPDX-License-Identifier: Apache-2.0
// What a table contains, column by column, before anything is trained on it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

inline constexpr std::size_t kDescribedBins = 20;  ///< bars of a histogram

/// A column that is not a target.
struct ColumnDescription {
  std::string name, kind;
  std::string note;    ///< why it is not a feature; "" for features
  double missing = 0;  ///< fraction of the rows
  /// Range and mean of numbers. Times are in days since 1970.
  double low = std::numeric_limits<double>::quiet_NaN(), mean = low, high = low;
  std::vector<std::int64_t> histogram = {};  ///< rows in equal bins from `low` to `high`
  std::vector<std::pair<std::string, double>> shares = {};  ///< of categories
  bool has_others = false;  ///< whether the last share is that of all other categories
  /// How well this column alone predicts the target: accuracy, or R² of the targets' ranks, on half
  /// of the rows, from the most frequent class or the mean of each category, or of each of 8 to 64
  /// intervals, in the other half. NaN without targets.
  double target_score = std::numeric_limits<double>::quiet_NaN();
};

struct TableDescription {
  std::string name;
  std::int64_t rows = 0;
  std::int64_t duplicate_rows = 0;  ///< rows with the same features and targets as an earlier row
  std::vector<ColumnDescription> columns;
  std::string target;                       ///< a line on the target; "" if there is none
  double row_order_score = 0;               ///< `target_score` of the number of the row
  std::string score_name;                   ///< what `target_score` is; "" without a target
  double baseline = 0;                      ///< `target_score` of a constant
  std::vector<std::string> likely_targets;  ///< if no target was given
  std::vector<std::string> warnings;        ///< what a person should look at before training
  std::vector<std::string> notes;           ///< Dataset::notes
};

/// Describes a table that was read with `read_csv`. A column that predicts nearly all of the target
/// alone is a leak, or makes the others superfluous, so it is a warning.
TableDescription describe_table(const Dataset& data);

/// Returns a warning for each column that predicts nearly all of the target alone, judged by at
/// most 5,000 random rows.
std::vector<std::string> find_leaks(const Dataset& data);

}  // namespace selfnorm
