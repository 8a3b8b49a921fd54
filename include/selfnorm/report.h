// What happened, to be looked at: one HTML page that needs no network.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "selfnorm/compare.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// The page of a run folder: verdict, curves, moments of every layer over time and their
/// distributions before and after training, what the model gets wrong, the network, the
/// configuration. Where the run's data are no longer at hand, what follows from them is left out
/// and the verdict says so. A run without a model has stopped on its way, and so has one of which
/// `why_stopped` says so: what its history tells. Error(model_file), Error(data) or Error(config)
/// where the folder is no run.
std::string run_report(const std::filesystem::path& run, const std::string& why_stopped = "");

/// The page of a run that goes on, which asks its own server for `events`, and what these tell: the
/// history so far, in a sentence how the run stands, and whether it has ended.
std::string live_report(const std::string& name);
std::string live_event_json(const std::vector<EpochRecord>& history, const std::string& state,
                            bool ended);

/// The page of a visit to the doctor.
std::string doctor_report(const std::string& name, const RunConfig& config,
                          const Examination& examination);

/// The page of a comparison: curves by epoch and by second with their spread over seeds, the scores
/// at the end, and for each two contenders whether they differ. With the folder of its runs, of
/// data of two numbers and classes also what each contender's first model makes of the plane.
std::string comparison_report(const Comparison& comparison,
                              const std::filesystem::path& folder = {});

}  // namespace selfnorm
