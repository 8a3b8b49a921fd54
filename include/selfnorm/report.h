// SPDX-License-Identifier: Apache-2.0
// Reports: HTML pages that open offline.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "selfnorm/compare.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// The report of a run folder: a summary, learning curves, the moments of every layer over time and
/// their distributions before and after training, the model's mistakes, the network and the
/// configuration. If the run's data are no longer available, what depends on them is left out, and
/// the summary says so. A run without a model, or with a `stop_reason`, did not finish: its report
/// shows the history. Throws Error(model_file), Error(data) or Error(config) if the folder is not a
/// run.
std::string run_report(const std::filesystem::path& run, const std::string& stop_reason = "");

/// The report of a run in progress. The page asks its own server for `events`.
std::string live_report(const std::string& name);

/// One event for that page: the history so far, a sentence about the state of the run, and whether
/// it has ended.
std::string live_event_json(const std::vector<EpochRecord>& history, const std::string& state,
                            bool ended);

/// The report of an examination.
std::string doctor_report(const std::string& name, const RunConfig& config,
                          const Examination& examination);

/// The report of a comparison: learning curves by epoch and by second with their spread over seeds,
/// the final scores, and for each pair of contenders whether they differ. Given the folder of its
/// runs, it also shows the decision boundary of each contender's first model, if the data are two
/// numbers and a class.
std::string comparison_report(const Comparison& comparison,
                              const std::filesystem::path& folder = {});

}  // namespace selfnorm
