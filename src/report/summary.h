// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/page.h"
#include "selfnorm/doctor.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// What a reader should know first, each with a level: good, warning or error.
struct SummaryLine {
  std::string level, text;
};

/// Of a training: how its validation rows fared, and whether signals and weights stayed normal.
std::vector<SummaryLine> summarize_training(const std::vector<EpochRecord>& history);
/// Of what the doctor found.
std::vector<SummaryLine> summarize_findings(const std::vector<Finding>& findings);

Json summary_lines_json(const std::vector<SummaryLine>& verdict);

}  // namespace selfnorm
