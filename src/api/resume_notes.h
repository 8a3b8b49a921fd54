// SPDX-License-Identifier: Apache-2.0
// What a person should know before a run continues.
#pragma once

#include <string>
#include <vector>

#include "selfnorm/run.h"
#include "train/history.h"

namespace selfnorm {

/// Returns the options that have changed since the configuration in the folder was written, if any,
/// since the rest of the run may depend on them, and the damage of the history.
std::vector<std::string> resume_notes(const RunFolder& folder, const RunConfig& config,
                                      const HistoryFile& history);

}  // namespace selfnorm
