// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/page.h"
#include "selfnorm/doctor.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// A sentence that a reader should read first, with a level: good, warning or error.
struct SummaryLine {
  std::string level, text;
};

/// Summarizes a training: the course of the validation loss, and whether the variances of inner
/// layers are near 1.
std::vector<SummaryLine> summarize_training(const std::vector<EpochRecord>& history);
/// Summarizes the findings of the doctor.
std::vector<SummaryLine> summarize_findings(const std::vector<Finding>& findings);

Json summary_lines_json(const std::vector<SummaryLine>& lines);

}  // namespace selfnorm
