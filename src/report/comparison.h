// SPDX-License-Identifier: Apache-2.0
// The statistics and tables of a comparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/page.h"
#include "selfnorm/compare.h"

namespace selfnorm {

/// Mean and standard deviation over the trials that have the number. Without such a trial both are
/// NaN, with one the standard deviation is NaN.
struct TrialStatistics {
  double mean = 0, standard_deviation = 0;
  std::int64_t count = 0;
};
TrialStatistics trial_statistics(const std::vector<double>& values);

/// Formats as "0.6123 ± 0.0040"; "-" without any number.
std::string to_string(const TrialStatistics& statistics);

/// Returns a trial's score on the validation rows after `epoch` epochs, or at its end if that came
/// earlier. NaN if it failed earlier.
double score_after_epoch(const Trial& trial, const std::string& metric, std::int64_t epoch);

/// Returns the score after the last epoch that ended within `seconds` of training. NaN before the
/// end of the first epoch, and after the end of a failed trial.
double score_at_time(const Trial& trial, const std::string& metric, double seconds);

/// Returns the best score on the validation rows over all epochs; NaN without any.
double best_score(const Trial& trial, const std::string& metric);

/// Returns the seconds in training steps from the start to the end of an epoch; NaN if the trial
/// did not reach it.
double seconds_until_epoch_end(const Trial& trial, std::int64_t epoch);

/// Returns the median over the epochs of the seconds in training steps.
double median_epoch_seconds(const Trial& trial);

/// A contender's score on the validation rows after an epoch, over its trials, and their mean
/// seconds of training until then. The standard deviation is 0 with one trial.
struct CurvePoint {
  std::int64_t epoch = 0;
  double seconds = 0, mean = 0, standard_deviation = 0;
};

/// Returns the points of all epochs that some trial reached.
std::vector<CurvePoint> learning_curve(const ContenderTrials& contender, const std::string& metric);

/// Returns the p-value of Fisher's permutation test, two-sided: the probability of a difference of
/// means at least as large if all numbers are draws from one distribution. It is the fraction of
/// all divisions of the numbers into two groups of the same sizes that have such a difference. With
/// more than 24 numbers, it is estimated from 20,000 random divisions, with a standard error of at
/// most √(p/20,000). NaN if a group is empty.
double permutation_test_p_value(const std::vector<double>& a, const std::vector<double>& b);

/// Returns the mean and standard deviation of a number over the trials of a contender.
template <class Number>
TrialStatistics statistics_over_trials(const ContenderTrials& contender, Number number) {
  std::vector<double> values;
  for (const Trial& trial : contender.trials) values.push_back(number(trial));
  return trial_statistics(values);
}

/// Returns the tables in Markdown: the scores after these epochs, the best scores and the test
/// scores; the scores at equal seconds, which are those that the fastest contender needs for these
/// epochs; and the failed trials.
std::string comparison_markdown(const Comparison& comparison,
                                const std::vector<std::int64_t>& epochs);

/// Returns the document of the page: learning curves, final scores, and whether they differ.
Json comparison_document(const Comparison& comparison);

/// Returns those of 1, 3, 10, 30, … that come before the last epoch of all trials, and this last
/// epoch.
std::vector<std::int64_t> tabulated_epochs(const Comparison& comparison);

}  // namespace selfnorm
