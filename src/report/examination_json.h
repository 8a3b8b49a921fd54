// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report/page.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// Returns an examination as `selfnorm doctor --json` prints it. NaN and infinity become null.
Json examination_json(const Examination& examination);
Json findings_json(const std::vector<Finding>& findings);
const char* severity_name(Severity severity);

}  // namespace selfnorm
