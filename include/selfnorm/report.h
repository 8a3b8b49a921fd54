// What happened, to be looked at: one HTML page that needs no network.
#pragma once

#include <filesystem>
#include <string>

#include "selfnorm/compare.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// The page of a run folder: verdict, curves, moments of every layer over time and their
/// distributions before and after training, what the model gets wrong, the network, the
/// configuration. Where the run's data are no longer at hand, what follows from them is left out
/// and the verdict says so. Error(model_file), Error(data) or Error(config) where the folder is no
/// finished run.
std::string run_report(const std::filesystem::path& run);

/// The page of a visit to the doctor.
std::string doctor_report(const std::string& name, const RunConfig& config,
                          const Examination& examination);

/// The page of a comparison: curves by epoch and by second with their spread over seeds, the scores
/// at the end, and between each two contenders the difference with its standard error.
std::string comparison_report(const Comparison& comparison);

}  // namespace selfnorm
