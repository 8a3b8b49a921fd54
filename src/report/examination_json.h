// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report/page.h"
#include "selfnorm/doctor.h"

namespace selfnorm {

/// What the doctor says, as `selfnorm doctor --json` prints it; a number that is none is null.
Json examination_json(const Examination& examination);
Json findings_json(const std::vector<Finding>& findings);
const char* name_of(Severity severity);

}  // namespace selfnorm
