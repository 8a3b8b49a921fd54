// SPDX-License-Identifier: Apache-2.0
// What a comparison says, as numbers and as tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/page.h"
#include "selfnorm/compare.h"

namespace selfnorm {

/// Over the trials that have the number; NaN without any, the deviation with one.
struct Spread {
  double mean = 0, deviation = 0;
  std::int64_t count = 0;
};
Spread spread_of(const std::vector<double>& values);

/// "0.6123 ± 0.0040"; "-" without any.
std::string to_string(const Spread& spread);

/// A trial's score of its validation rows after so many epochs, or at its end when that is earlier;
/// NaN when it failed before.
double score_after_epoch(const Trial& trial, const std::string& metric, std::int64_t epoch);

/// After the last epoch that had ended by then; NaN before the first.
double score_at_time(const Trial& trial, const std::string& metric, double seconds);

double best_score(const Trial& trial, const std::string& metric);

/// In training steps, from the start to the end of an epoch; NaN when it never came.
double seconds_until_epoch_end(const Trial& trial, std::int64_t epoch);

/// The median over epochs.
double median_epoch_seconds(const Trial& trial);

/// A contender's score of its validation rows after an epoch, over its trials, and their mean
/// seconds of training by then; a deviation of 0 with one trial.
struct CurvePoint {
  std::int64_t epoch = 0;
  double seconds = 0, mean = 0, deviation = 0;
};
std::vector<CurvePoint> learning_curve(const ContenderTrials& contender, const std::string& metric);

/// How likely a difference of means at least as large is where both are draws of one law: the share
/// of all divisions of these numbers in two groups of the same sizes that have one (Fisher's exact
/// permutation test, two-sided); of more than 24 numbers of 20,000 divisions drawn by chance, which
/// tell p within √(p/20,000). NaN without numbers in both.
double permutation_test_p_value(const std::vector<double>& a, const std::vector<double>& b);

/// One number of every trial of a contender.
template <class Number>
Spread statistics_over_trials(const ContenderTrials& contender, Number number) {
  std::vector<double> values;
  for (const Trial& trial : contender.trials) values.push_back(number(trial));
  return spread_of(values);
}

/// The tables in Markdown: the score after these epochs, at its best and of the test set; the same
/// at equal seconds, those that the fastest needs for them; what failed.
std::string comparison_markdown(const Comparison& comparison,
                                const std::vector<std::int64_t>& epochs);

/// What the page shows of a comparison: curves, the scores at the end, and whether they differ.
Json comparison_document(const Comparison& comparison);

/// Those of 1, 3, 10, 30, … that some trial has, and its last one.
std::vector<std::int64_t> tabulated_epochs(const Comparison& comparison);

}  // namespace selfnorm
