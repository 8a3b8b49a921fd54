// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace selfnorm {

/// Returns the number below which the fraction `p` of the sorted numbers lies, which must not be
/// empty. Linear between the numbers, as NumPy's default. Thread-safe.
double quantile_of(const std::vector<double>& sorted, double p);

}  // namespace selfnorm
