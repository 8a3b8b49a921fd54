// SPDX-License-Identifier: Apache-2.0
// Prints examinations and findings for people.
#pragma once

#include <string>
#include <vector>

#include "selfnorm/doctor.h"

namespace selfnorm::cli {

/// The meaning of the columns, for the table and for --help.
extern const char* const kColumnLegend;

/// Prints the predicted moments of every layer and, if `measured`, the measured ones.
void print_examination(const Examination& examination, bool measured);

/// Prints the moments of every layer before and after a repair side by side: measured if there are
/// measured ones, else predicted. A layer that only one network has shows "-" for the other.
void print_before_and_after(const Examination& before, const Examination& after);

/// Prints findings with their layers, messages and fixes.
void print_findings(const std::vector<Finding>& findings);

/// Prints one line for each finding on standard error, and how to get the details of `examined`, a
/// network file or a run folder. Prints nothing without findings.
void print_brief_findings(const std::vector<Finding>& findings, const std::string& examined);

/// Prints docs/findings.md.
void print_finding_codes();

}  // namespace selfnorm::cli
