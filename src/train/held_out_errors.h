// SPDX-License-Identifier: Apache-2.0
// The errors of predictions for held-out rows, and prediction intervals for new rows (split
// conformal prediction; Lei et al. 2018, Distribution-free predictive inference for regression).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

struct TrainedModel;

/// The absolute errors of one output for held-out rows.
struct HeldOutErrors {
  std::int64_t rows = 0;  ///< number of held-out rows with a target
  /// The errors from the smallest to the largest: all of them, or those at 1,000 evenly spaced
  /// ranks from the first to the last.
  std::vector<float> sorted;
};

/// Returns the errors in the order of the outputs. They are in the unit of the targets or, for
/// mean_squared_log_error, in that of log(1 + target). Empty for classes and labels, and without
/// rows.
std::vector<HeldOutErrors> measure_held_out_errors(TrainedModel& model, const Dataset& data,
                                                   std::span<const std::int64_t> rows);

/// Returns the smallest error that bounds the error of a new row with at least the probability
/// `level`, if it is exchangeable with the held-out rows: that of rank ⌈(rows + 1)·level⌉. Nothing
/// if there are too few rows.
std::optional<double> conformal_bound(const HeldOutErrors& errors, double level);

/// Returns the number of held-out rows that intervals of this level need.
std::int64_t rows_needed(double level);

std::string held_out_errors_to_json(const std::vector<HeldOutErrors>& errors);

/// Throws Error(model_file) unless there are none or `outputs` lists of sorted errors.
std::vector<HeldOutErrors> held_out_errors_from_json(std::string_view text, std::int64_t outputs);

}  // namespace selfnorm
