// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm::cli {

/// Draws a run with gnuplot and returns the SVGs by file name: the loss and the metrics by epoch,
/// and one heat map of layers by epoch for each watched quantity (variance and tau by logarithm).
std::vector<std::pair<std::string, std::string>> run_plots(const std::vector<EpochRecord>& history);

}  // namespace selfnorm::cli
