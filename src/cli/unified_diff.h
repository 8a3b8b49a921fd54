// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace selfnorm::cli {

/// What changed from one text to another, line by line, as `diff -u` shows it; empty where nothing
/// did.
std::string difference(const std::string& before, const std::string& after);

}  // namespace selfnorm::cli
