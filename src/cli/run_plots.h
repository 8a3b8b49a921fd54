// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm::cli {

/// Pictures of a run for papers, by gnuplot: file names with their SVG. Loss and metrics by epoch,
/// and of what was watched the layers by epoch as colored cells (variance and tau by logarithm).
std::vector<std::pair<std::string, std::string>> run_plots(const std::vector<EpochRecord>& history);

}  // namespace selfnorm::cli
