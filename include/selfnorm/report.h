// SPDX-License-Identifier: Apache-2.0
// Reports: HTML pages that open offline.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "selfnorm/compare.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// Returns the report of a run folder: a summary, learning curves, the moments of every layer over
/// time, the distributions of their outputs before and after training, the model's mistakes, the
/// network and the configuration. If the run's data are no longer available, everything that
/// depends on them is left out, and the summary says so. A run without a model, or with a
/// `stop_reason`, did not finish: its report shows only the history, the network and the
/// configuration. Throws Error(config), Error(data) or Error(model_file) if the folder is not a run
/// or is damaged.
std::string run_report(const std::filesystem::path& run, const std::string& stop_reason = "");

/// Returns the report of a run in progress. The page requests `events` (server-sent events) from
/// the server that sent it.
std::string live_report(const std::string& name);

/// Returns one event for the page of `live_report`, as JSON: the history so far, a sentence about
/// the state of the run, and whether it has ended.
std::string live_event_json(const std::vector<EpochRecord>& history, const std::string& state,
                            bool ended);

/// Returns the report of an examination. `config` is the configuration that was examined.
std::string doctor_report(const std::string& name, const RunConfig& config,
                          const Examination& examination);

/// Returns the report of a comparison: learning curves by epoch and by second with their spread
/// over seeds, the final scores, and a test of the difference for each pair of contenders. Given
/// the folder of the runs, it also shows the decision boundary of each contender's first model if
/// the data are two numbers and a class.
std::string comparison_report(const Comparison& comparison,
                              const std::filesystem::path& folder = {});

}  // namespace selfnorm
