// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace selfnorm::cli {

/// Returns the changes from one text to another in the format of `diff -u`. The result is empty if
/// the texts are equal.
std::string unified_diff(const std::string& before, const std::string& after);

}  // namespace selfnorm::cli
